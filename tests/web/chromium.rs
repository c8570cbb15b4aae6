//! Debian's Chromium and the Playwright that drives it.

use crate::server::{has_models, root};
use std::{
    path::Path,
    process::{Command, Stdio},
};

const CHROMIUM: &str = "/usr/bin/chromium";

/// Python with Playwright, where this machine has both, a browser and the models; where not, it is said loudly.
pub fn python() -> Option<String> {
    if !has_models() {
        return None;
    }
    let works = |python: &String| {
        let mut command = Command::new(python);
        let command = command.args(["-c", "import playwright.sync_api"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let candidates = [root().join("target/venv/bin/python").display().to_string(), "python3".into()];
    let found = candidates.into_iter().find(works).filter(|_| Path::new(CHROMIUM).is_file());
    if found.is_none() {
        eprintln!("SKIPPED: no {CHROMIUM} or no Playwright: scripts/test installs both");
    }
    found
}
