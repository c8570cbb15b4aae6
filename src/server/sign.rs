//! `/sign/{token}`: where a consent is signed in writing. A plain form: no script, no cookie, nothing from elsewhere.
//!
//! Before the date of birth is right, the page says nothing of anybody, also not whether the link is good.

use super::{front::Front, listen::Connection};
use crate::{
    consent::{STYLE, escaped, in_language, instrument_html, page},
    pii::Pii,
    ports::StoreUnavailable,
    program::{AnswerKind, Locale},
    store::after::{Asked, Decided, Signing},
    understand::value,
};
use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};
use tokio::time::Instant;

/// Longer than any token, date, name or ticket.
const FIELD_BYTES_MAX: usize = 256;

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// Asks for the date of birth. The link is not looked at: whatever it is, this is the page.
pub(super) async fn open() -> Response {
    answer(StatusCode::OK, door(false))
}

/// What was sent with the form: first the date of birth, then the decision.
pub(super) async fn submit(
    State(front): State<Arc<Front>>,
    Extension(connection): Extension<Connection>,
    Path(token): Path<String>,
    body: Bytes,
) -> Response {
    if !front.takes_signing(connection.peer.ip(), Instant::now()) {
        return answer(StatusCode::TOO_MANY_REQUESTS, busy());
    }
    let Some(after) = &front.after else { return answer(StatusCode::FORBIDDEN, door(true)) };
    let fields: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let field =
        |name: &str| fields.get(name).map(String::as_str).filter(|text| text.len() <= FIELD_BYTES_MAX);
    let now = front.clock.now();
    let token = if token.len() <= FIELD_BYTES_MAX { token.as_str() } else { "" };
    let outcome: Result<Option<Response>, StoreUnavailable> = match (field("born"), field("ticket")) {
        (Some(born), None) => match date(born) {
            Some(born) => after
                .open_page(token, &born, now)
                .await
                .map(|asked| asked.map(|asked| answer(StatusCode::OK, leaf(&asked, false)))),
            // What is no date costs no try, and tells nothing either.
            None => Ok(None),
        },
        (None, Some(ticket)) => {
            let signing = match field("do") {
                Some("agree") => field("name").map(|name| Signing::Agree(Pii::new(name.to_owned()))),
                Some("refuse") => Some(Signing::Refuse),
                Some("take_back") => Some(Signing::TakeBack),
                _ => None,
            };
            match signing {
                Some(signing) => after.decide(token, ticket, signing, now).await.map(|decided| {
                    decided.map(|decided| match decided {
                        Decided::Done { copy, .. } => answer(StatusCode::OK, copy),
                        Decided::NameDiffers(asked) => answer(StatusCode::OK, leaf(&asked, true)),
                    })
                }),
                None => Ok(None),
            }
        }
        _ => Ok(None),
    };
    match outcome {
        Ok(Some(response)) => response,
        // The same for a wrong date and for a link that is unknown, used, expired or dead.
        Ok(None) => answer(StatusCode::FORBIDDEN, door(true)),
        Err(error) => {
            tracing::error!("{error}");
            answer(StatusCode::SERVICE_UNAVAILABLE, busy())
        }
    }
}

fn answer(status: StatusCode, page: String) -> Response {
    const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (ROBOTS, "noindex"),
    ];
    (status, headers, Html(page)).into_response()
}

/// The first page, in both languages: whose link it is, is not known yet.
fn door(failed: bool) -> String {
    let failed = match failed {
        true => {
            "<p class=\"bad\" role=\"alert\" id=\"bad\">This did not work. The date may be another one, or the link \
             was used, has expired, or was tried too often. Ask whoever sent it for a new one.</p>\
             <p class=\"bad\" lang=\"es\">No funcionó. Puede que la fecha sea otra, o que el enlace ya se usó, venció o \
             se intentó demasiadas veces. Pida uno nuevo a quien se lo envió.</p>"
        }
        false => "",
    };
    let described = if failed.is_empty() { "" } else { " aria-describedby=\"bad\" aria-invalid=\"true\"" };
    let body = format!(
        "{failed}<p>To open it, enter your date of birth.</p>\
         <p lang=\"es\">Para abrirlo, escriba su fecha de nacimiento.</p>\
         <form method=\"post\" autocomplete=\"off\">\
         <label for=\"born\">Date of birth / <span lang=\"es\">Fecha de nacimiento</span></label>\
         <input id=\"born\" name=\"born\" type=\"date\" required{described}>\
         <button type=\"submit\">Open / <span lang=\"es\">Abrir</span></button></form>"
    );
    page(Locale::EnUs, "A page for you", &body)
}

fn busy() -> String {
    let body = "<p role=\"alert\">This cannot be answered now. Please try again in a few minutes.</p>\
                <p lang=\"es\">No se puede responder ahora. Inténtelo de nuevo en unos minutos.</p>";
    page(Locale::EnUs, "A page for you", body)
}

/// The whole instrument, and what can be decided about it.
fn leaf(asked: &Asked, name_differs: bool) -> String {
    let say = |en, es| in_language(asked.locale, en, es);
    let alert = match name_differs {
        true => format!(
            "<p class=\"bad\" role=\"alert\" id=\"bad\">{}</p>",
            say(
                "That is not the name given in the call. Type your full name as you gave it.",
                "Ese no es el nombre dado en la llamada. Escriba su nombre completo como lo dio.",
            )
        ),
        false => String::new(),
    };
    let described = if name_differs { " aria-describedby=\"bad\" aria-invalid=\"true\"" } else { "" };
    let ticket = escaped(asked.ticket.expose_secret());
    let body = format!(
        "{alert}<p>{read}</p>{instrument}\
         <form method=\"post\" autocomplete=\"off\"><input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\
         <label for=\"name\">{name}</label>\
         <input id=\"name\" name=\"name\" type=\"text\" required autocomplete=\"name\" maxlength=\"200\"{described}>\
         <button type=\"submit\" name=\"do\" value=\"agree\">{agree}</button></form>\
         <form method=\"post\"><input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\
         <p>{free}</p>\
         <button class=\"plain\" type=\"submit\" name=\"do\" value=\"refuse\">{refuse}</button>\
         <button class=\"plain\" type=\"submit\" name=\"do\" value=\"take_back\">{take_back}</button></form>\
         <p class=\"small\">SHA-256 {sha256}</p>",
        read = say(
            "Please read all of it. It takes effect only when you sign it; the date on which you sign here is kept \
             with it.",
            "Por favor léalo todo. Solo tiene efecto cuando usted lo firma; con él se guarda la fecha en que firma \
             aquí.",
        ),
        instrument = instrument_html(&asked.instrument),
        name = say("Your full name", "Su nombre completo"),
        agree = say("I agree and sign", "Estoy de acuerdo y firmo"),
        free = say(
            "You do not have to sign. If you do not agree, nothing is shared under this permission.",
            "No tiene que firmar. Si no está de acuerdo, no se comparte nada con este permiso.",
        ),
        refuse = say("I do not agree", "No estoy de acuerdo"),
        take_back = say(
            "Take back this permission, and earlier ones like it",
            "Retirar este permiso, y otros anteriores iguales",
        ),
        sha256 = escaped(&asked.instrument.sha256),
    );
    page(asked.locale, say("Your permission, in writing", "Su permiso, por escrito"), &body)
}

/// A date as browsers send it, `1985-03-03`, or as people type it where they have no field for dates.
fn date(text: &str) -> Option<String> {
    let text = text.trim();
    match text.parse::<jiff::civil::Date>() {
        Ok(date) => Some(date.to_string()),
        Err(_) => value(AnswerKind::Date, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_taken_as_browsers_send_it_and_as_people_type_it() {
        for text in ["1985-03-03", " 1985-03-03 ", "03/03/1985", "March 3, 1985"] {
            assert_eq!(date(text).as_deref(), Some("1985-03-03"), "{text}");
        }
        assert_eq!(date("soon"), None);
    }

    #[test]
    fn the_first_page_names_nobody_and_asks_nobody_else() {
        for page in [door(false), door(true)] {
            for word in ["consent", "treatment", "Harbor", "http", "<script", "src="] {
                assert!(!page.contains(word), "{word}: {page}");
            }
        }
        assert!(POLICY.contains("default-src 'none'") && !POLICY.contains("unsafe"));
    }
}
