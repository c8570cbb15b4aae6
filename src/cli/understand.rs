//! `candor understand`.

use super::Fault;
use crate::{
    config::programs,
    program::{Expecting, Locale, Program, RecipientId},
    understand::{Context, Heard, Reading, understand},
};
use serde::Serialize;
use std::{
    io::{self, BufRead, Write},
    path::PathBuf,
};

/// A longer line is read to its end and its beginning understood.
const LINE_CHARS_MAX: usize = 4096;
/// No UTF-8 character is longer than four bytes.
const LINE_BYTES_MAX: usize = LINE_CHARS_MAX * 4;

/// Arguments of `candor understand`.
#[derive(clap::Args)]
pub struct Args {
    /// The program whose recipients and questions count.
    #[arg(long, default_value = "harbor")]
    program: String,
    /// The folder of the programs.
    #[arg(long, env = "CANDOR_PROGRAMS", default_value = "programs")]
    programs: PathBuf,
    /// What the agent was waiting for: notice, consent:RECIPIENT, signature:RECIPIENT, question:ID,
    /// confirm:WHAT or any.
    #[arg(long)]
    expecting: Expecting,
    /// A recipient with a live grant; may be given again.
    #[arg(long, value_name = "RECIPIENT")]
    granted: Vec<String>,
    /// The language spoken.
    #[arg(long, default_value = "en-US")]
    locale: String,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Say also which rule decided.
    #[arg(long)]
    explain: bool,
}

/// Runs it: one line of standard input after another, until it ends.
pub fn run(args: Args) -> Result<(), Fault> {
    let program =
        programs::load(&args.programs, &args.program).map_err(|error| Fault::misuse(error.to_string()))?;
    let granted = known(&program, &args)?;
    let context = Context {
        program: &program,
        locale: Locale::from_tag(&args.locale),
        expecting: &args.expecting,
        granted: &granted,
    };
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    while let Some(text) =
        next_line(&mut input).map_err(|e| Fault::finding(format!("cannot read standard input: {e}")))?
    {
        let reading = understand(&Heard::typed(&text), &context);
        let told = tell(&mut output, &text, &reading, &args).and_then(|()| output.flush());
        match told {
            // Whoever read along has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(Fault::finding(format!("cannot write standard output: {error}"))),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// The recipients named on the command line, as far as the program knows them; an unknown one is a wrong use.
fn known(program: &Program, args: &Args) -> Result<Vec<RecipientId>, Fault> {
    let asked = match &args.expecting {
        Expecting::Consent(id) | Expecting::Signature(id) => Some(id.clone()),
        _ => None,
    };
    let granted: Vec<RecipientId> = args.granted.iter().map(|id| id.as_str().into()).collect();
    match granted.iter().chain(&asked).find(|id| program.recipient(id).is_none()) {
        None => Ok(granted),
        Some(unknown) => {
            let listed: Vec<&str> = program.recipients.iter().map(|r| r.id.as_str()).collect();
            Err(Fault::misuse(format!(
                "`{}` has no recipient `{unknown}`; it has {}",
                program.id,
                listed.join(", ")
            )))
        }
    }
}

#[derive(Serialize)]
struct Told<'a> {
    text: &'a str,
    meaning: &'static str,
    scope: Option<&'a crate::understand::Scope>,
    confidence: crate::understand::Percent,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'a str>,
}

fn tell(to: &mut impl Write, text: &str, reading: &Reading, args: &Args) -> io::Result<()> {
    let scope = reading.meaning.scope();
    let evidence = args.explain.then_some(reading.evidence.as_str());
    if args.json {
        let told =
            Told { text, meaning: reading.meaning.name(), scope, confidence: reading.confidence, evidence };
        serde_json::to_writer(&mut *to, &told)?;
        return writeln!(to);
    }
    write!(to, "{}", reading.meaning.name())?;
    if let Some(scope) = scope {
        let scope = serde_json::to_value(scope)?;
        match scope.as_array() {
            None => write!(to, " all")?,
            Some(ids) => ids.iter().filter_map(|id| id.as_str()).try_for_each(|id| write!(to, " {id}"))?,
        }
    }
    if let Some(evidence) = evidence {
        write!(to, "\t{evidence}")?;
    }
    writeln!(to)
}

/// The next line without its end; nothing at the end of input. Bytes that are no UTF-8 become replacement
/// characters, and what goes beyond the limit is passed over.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut seen = false;
    loop {
        let chunk = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if chunk.is_empty() {
            break;
        }
        seen = true;
        let end = chunk.iter().position(|&byte| byte == b'\n');
        let part = &chunk[..end.unwrap_or(chunk.len())];
        line.extend_from_slice(&part[..part.len().min(LINE_BYTES_MAX.saturating_sub(line.len()))]);
        let used = end.map_or(chunk.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if !seen {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&line);
    let text = text.strip_suffix('\r').unwrap_or(&text);
    Ok(Some(text.chars().take(LINE_CHARS_MAX).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_bytes_and_long_lines_are_lines_like_others() {
        let mut text = b"yes\r\n\n\xff\xfe no\n".to_vec();
        text.extend(std::iter::repeat_n(b'a', 3 * LINE_BYTES_MAX));
        text.extend(b"\nlast");
        let mut input = io::BufReader::with_capacity(7, text.as_slice());
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut input).unwrap() {
            lines.push(line);
        }
        assert_eq!(lines[..3], ["yes", "", "\u{fffd}\u{fffd} no"]);
        assert_eq!((lines[3].len(), lines[4].as_str(), lines.len()), (LINE_CHARS_MAX, "last", 5));
    }
}
