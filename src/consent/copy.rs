//! The caller's copy of a consent: the whole instrument, what was decided, and how to take it back.

use super::Standing;
use crate::{
    dialogue::{Block, Decision},
    program::{Instrument, Locale},
    time::Utc,
};

/// Where a consent can be signed in writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignHere {
    /// The page.
    pub url: String,
    /// Until when it answers.
    pub expires: Utc,
}

/// A copy of one consent, for its signer.
#[derive(Clone, Debug)]
pub struct Copy<'a> {
    /// The language of the call.
    pub locale: Locale,
    /// The whole instrument.
    pub instrument: &'a Instrument,
    /// Where the consent stands.
    pub standing: &'a Standing,
    /// Where it can be signed, where that is still to be done.
    pub sign: Option<SignHere>,
    /// Whether the signer has just decided, and is shown what to keep.
    pub just_decided: bool,
}

impl Copy<'_> {
    /// As plain text.
    pub fn text(&self) -> String {
        let mut lines = vec![self.word("Your copy", "Su copia").to_owned(), String::new()];
        lines.push(self.instrument.text.trim_end().to_owned());
        lines.push(String::new());
        lines.extend(self.said());
        if let Some(sign) = &self.sign {
            lines.push(String::new());
            lines.push(self.sign_words(sign));
            lines.push(sign.url.clone());
        }
        lines.push(String::new());
        lines.push(format!("SHA-256 {}", self.instrument.sha256));
        lines.join("\n") + "\n"
    }

    /// As a page that needs nothing else: no script, no picture, no other address.
    pub fn html(&self) -> String {
        let mut body = String::new();
        if self.just_decided {
            let en = "Thank you. This is on record now. Save or print this page: it is your copy.";
            let es = "Gracias. Ya quedó registrado. Guarde o imprima esta página: es su copia.";
            body.push_str(&format!("<p role=\"status\">{}</p>", escaped(self.word(en, es))));
        }
        body.push_str(&instrument_html(self.instrument));
        body.push_str("<section>");
        for line in self.said() {
            body.push_str(&format!("<p>{}</p>", escaped(&line)));
        }
        if let Some(sign) = &self.sign {
            let url = escaped(&sign.url);
            body.push_str(&format!(
                "<p>{}<br><a href=\"{url}\">{url}</a></p>",
                escaped(&self.sign_words(sign))
            ));
        }
        body.push_str(&format!(
            "</section><p class=\"small\">SHA-256 {}</p>",
            escaped(&self.instrument.sha256)
        ));
        page(self.locale, self.word("Your copy", "Su copia"), &body)
    }

    /// What was decided, what became of it, and how it is taken back.
    fn said(&self) -> Vec<String> {
        let one = self.standing;
        let mut said = Vec::new();
        let decided = one.decided_at.map(|at| at.to_string()).unwrap_or_default();
        said.push(match one.decision {
            Decision::Granted => {
                self.fill("You gave this permission on {}.", "Usted dio este permiso el {}.", &decided)
            }
            Decision::Revoked => {
                let at = one.revoked_at.map(|at| at.to_string()).unwrap_or_default();
                self.fill("You took this permission back on {}.", "Usted retiró este permiso el {}.", &at)
            }
            Decision::Denied => {
                self.word("You did not give this permission.", "Usted no dio este permiso.").into()
            }
            Decision::Deferred | Decision::Incomplete => self
                .word(
                    "This was left open. No permission was given.",
                    "Esto quedó pendiente. No se dio permiso.",
                )
                .into(),
        });
        if let Some(signed) = &one.since.signed {
            let named = format!("{} ({})", signed.name, signed.at);
            said.push(self.fill("Signed by {}.", "Firmado por {}.", &named));
        }
        if one.decision != Decision::Granted {
            return said;
        }
        if one.blocked_by.contains(&Block::WrittenSignature) {
            let en = "It is not in effect yet: it waits for your signature in writing.";
            said.push(self.word(en, "Todavía no tiene efecto: falta su firma por escrito.").into());
        } else if !one.releasable {
            let en = "Nothing is shared on it at the moment.";
            said.push(self.word(en, "Por ahora no se comparte nada con base en este permiso.").into());
        }
        let en = "You can take it back at any time, as element (6) above says. What was already sent cannot be \
                  called back.";
        let es = "Puede retirarlo en cualquier momento, como dice el punto (6). Lo que ya se envió no se puede \
                  recuperar.";
        said.push(self.word(en, es).into());
        said
    }

    fn sign_words(&self, sign: &SignHere) -> String {
        let until = sign.expires.to_string();
        self.fill(
            "To sign it, open this page. It works once, until {}, and asks for your date of birth:",
            "Para firmarlo, abra esta página. Funciona una sola vez, hasta el {}, y pide su fecha de nacimiento:",
            &until,
        )
    }

    fn word<'w>(&self, en: &'w str, es: &'w str) -> &'w str {
        in_language(self.locale, en, es)
    }

    fn fill(&self, en: &str, es: &str, blank: &str) -> String {
        self.word(en, es).replace("{}", blank)
    }
}

/// One of two texts.
pub fn in_language<'w>(locale: Locale, en: &'w str, es: &'w str) -> &'w str {
    match locale {
        Locale::EnUs => en,
        Locale::EsUs => es,
    }
}

/// An instrument as HTML: its title, its version, and a paragraph for each element.
pub fn instrument_html(instrument: &Instrument) -> String {
    let mut lines = instrument.text.lines();
    let title = escaped(lines.next().unwrap_or_default());
    let version = escaped(lines.next().unwrap_or_default());
    let elements: String = lines.map(|line| format!("<p>{}</p>", escaped(line))).collect();
    format!("<article><h2>{title}</h2><p class=\"small\">{version}</p>{elements}</article>")
}

/// A page of its own, in the language of its words.
pub fn page(locale: Locale, title: &str, body: &str) -> String {
    let lang = in_language(locale, "en", "es");
    let title = escaped(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>\n"
    )
}

/// How pages look: readable on a small screen, in the dark, and on paper.
pub const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#6b7480;--act:#0b5394;--on:#fff;--bad:#a40000}\
@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--paper:#16191d;--line:#9aa4b0;--act:#9ecbff;--on:#10151a;--bad:#ffb4ab}}\
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.55 system-ui,sans-serif}\
main{max-width:42rem;margin:0 auto;padding:1rem}h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.2rem}\
article{border:1px solid var(--line);border-radius:.5rem;padding:.25rem 1rem;margin:1rem 0;overflow-wrap:anywhere}\
.small{font-size:.875rem;overflow-wrap:anywhere}label{display:block;font-weight:600;margin:1rem 0 .25rem}\
input{width:100%;font:inherit;padding:.6rem;border:1px solid var(--line);border-radius:.375rem;background:var(--paper);color:var(--ink)}\
button{font:inherit;font-weight:600;width:100%;min-height:3rem;padding:.6rem 1rem;margin:.5rem 0;border:2px solid var(--act);\
border-radius:.375rem;background:var(--act);color:var(--on)}button.plain{background:none;color:var(--act)}\
:focus-visible{outline:3px solid var(--act);outline-offset:2px}.bad{color:var(--bad);font-weight:600}a{color:var(--act)}\
@media print{form,button{display:none}article{border:0;padding:0}}";

/// Text as it stands in HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
