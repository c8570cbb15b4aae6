//! Settings: which source wins, what is refused and how, and that the documentation lists them all.
#![cfg(feature = "runtime")]

use candor::config::{Config, Flags, SETTINGS, Setting, strangers};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("settings-{name}"));
    fs::write(&path, text).unwrap();
    path
}

fn nothing(_: &str) -> Option<String> {
    None
}

#[test]
fn the_command_line_wins_over_the_environment_over_the_file_over_the_defaults() {
    let path = file(
        "rising.toml",
        "data = 'from-file'\nkeys = 'from-file'\nmodels = 'from-file'\ncalls_max = 1_7\n[limits]\nstart_ms_max = 900\n",
    );
    let env = |name: &str| match name {
        "CANDOR_KEYS" | "CANDOR_MODELS" => Some("from-env".to_owned()),
        "CANDOR_LIMITS_START_MS_MAX" => Some("800".to_owned()),
        "CANDOR_DATA" => Some(String::new()),
        _ => None,
    };
    let flags = Flags {
        config: Some(path),
        models: Some("from-flag".into()),
        set: vec!["log.level=debug".into()],
        ..Flags::default()
    };
    let config = flags.load(env).unwrap();
    let folders = [&config.data, &config.keys, &config.models, &config.programs].map(|p| p.to_str().unwrap());
    assert_eq!(folders, ["from-file", "from-env", "from-flag", "programs"]);
    assert_eq!((config.calls_max, config.limits.start_ms_max), (17, 800));
    assert_eq!((config.log.level.as_str(), config.limits.body_bytes_max), ("debug", 65_536));
}

#[test]
fn what_is_wrong_in_a_file_is_named_with_its_line_and_the_mend() {
    let cases = [
        ("listn = '127.0.0.1:1'", "line 1: there is no setting `listn`; did you mean `listen`?"),
        (
            "data = 'd'\n[twilio]\nauth_tokn = 'x'",
            "line 3: there is no setting `twilio.auth_tokn`; did you mean `twilio.auth_token`?",
        ),
        ("auth_token = 'x'", "did you mean `twilio.auth_token`?"),
        ("colour = 'blue'", "line 1: there is no setting `colour`; docs/configuration.md lists them"),
        ("[weather]\nx = 1", "line 1: there is no setting `weather`"),
        ("\n\ncalls_max = '9'", "line 3: calls_max is a whole number, without quotes, not a TOML string"),
        ("calls_max = 0", "line 1: calls_max: `0` is not a whole number from 1 to 100000"),
        ("data = 5", "line 1: data is text in quotes, not a TOML integer"),
        ("twilio = 'x'", "line 1: `twilio` is a table: write [twilio]"),
        ("listen = 'here'", "line 1: listen: `here` is not an address such as 127.0.0.1:8080"),
        (
            "public_url = 'http://example.org'",
            "line 1: public_url: `http://example.org` is no public address",
        ),
        ("[log]\nlevel = 'loud'", "line 2: log.level: `loud` is no log level"),
        ("[tls]\ncert = 'a.pem'", "tls.cert is set and tls.key is not"),
        ("data = 'x'\nkeys = 'x'", "data and keys are the same folder"),
        ("data = 'x'\ndata = 'y'", "line 2: duplicate key"),
        (
            "[twilio]\nauth_token_file = '/nowhere/token'",
            "line 2: twilio.auth_token_file: the file /nowhere/token",
        ),
    ];
    for (number, (text, expected)) in cases.into_iter().enumerate() {
        let path = file(&format!("wrong-{number}.toml"), text);
        let said = Config::load(Some(&path), nothing).unwrap_err().to_string();
        assert!(said.contains(expected), "for {text:?}\nexpected {expected}\nsaid {said}");
    }
    let absent = Config::load(Some("/nowhere/candor.toml".as_ref()), nothing).unwrap_err().to_string();
    assert!(absent.starts_with("/nowhere/candor.toml: cannot be read"), "{absent}");
}

#[test]
fn what_is_wrong_elsewhere_is_named_with_its_place() {
    let env = |name: &str| (name == "CANDOR_CALLS_MAX").then(|| "many".to_owned());
    let said = Config::load(None, env).unwrap_err().to_string();
    assert!(said.starts_with("environment variable CANDOR_CALLS_MAX: `many` is not"), "{said}");

    for (set, expected) in [
        ("log.levl=info", "command line, --set: there is no setting `log.levl`; did you mean `log.level`?"),
        ("log.level", "write it as KEY=VALUE"),
        ("twilio.auth_token=x", "set CANDOR_TWILIO_AUTH_TOKEN or the file"),
        ("voice.workers=0", "command line, voice.workers: `0` is not"),
    ] {
        let flags = Flags { set: vec![set.into()], ..Flags::default() };
        let said = flags.load(nothing).unwrap_err().to_string();
        assert!(said.contains(expected), "for {set}: {said}");
    }
    let names = ["CANDOR_DATA", "CANDOR_DATTA", "CANDOR_CONFIG", "HOME"].map(String::from);
    assert_eq!(strangers(names.into_iter()), ["CANDOR_DATTA"]);
}

#[test]
fn a_secret_is_never_shown_whatever_is_wrong_around_it() {
    const SECRET: &str = "5ecretvalue";
    let token = file("token", &format!("{SECRET}\n"));
    for text in [
        format!("[twilio]\nauth_token = '{SECRET}'"),
        format!("[twilio]\nauth_token_file = '{}'", token.display()),
    ] {
        let config = Config::load(Some(&file("good.toml", &text)), nothing).unwrap();
        assert!(config.twilio.auth_token.is_some());
        assert!(!format!("{config:?}").contains(SECRET));
    }
    for text in [
        format!("[twilio]\nauth_token = '{SECRET}"),
        format!("[twilio]\nauth_token = {SECRET}"),
        format!("[twilio]\nauth_token = ['{SECRET}']"),
        format!("[twilio]\nauth_token = '{SECRET}' '{SECRET}'"),
        format!("[twilio]\nauth_token = '{SECRET}'\nauth_token = '{SECRET}'"),
    ] {
        let fault = Config::load(Some(&file("bad.toml", &text)), nothing).unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains(SECRET), "{fault:?}");
    }
}

#[test]
fn unsigned_webhooks_are_taken_only_from_this_machine_and_only_with_nothing_to_check_them_by() {
    let here = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"];
    let elsewhere = ["10.0.0.1", "192.168.1.5", "::ffff:10.0.0.1", "2001:db8::1"];
    let with = |text: &str| Config::load(Some(&file("unsigned.toml", text)), nothing).unwrap();
    let cases = [
        (with(""), true),
        (with("public_url = 'https://voice.example.org'"), false),
        (with("[twilio]\nauth_token = 'x'"), false),
        (with("listen = '0.0.0.0:80'"), true),
    ];
    for (config, taken) in &cases {
        for peer in here {
            assert_eq!(config.takes_unsigned_from(peer.parse().unwrap()), *taken, "{peer} {config:?}");
        }
        for peer in elsewhere {
            assert!(!config.takes_unsigned_from(peer.parse().unwrap()), "{peer} {config:?}");
        }
    }
    assert_eq!(cases.each_ref().map(|(c, _)| c.doubts().len()), [0, 1, 1, 1]);
}

#[test]
fn the_documentation_lists_every_setting_as_it_is() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect())
        .collect();
    let listed: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(listed, SETTINGS.each_ref().map(|s| s.key), "the same settings in the same order");
    for (row, setting) in rows.iter().zip(&SETTINGS) {
        let default = if setting.default.is_empty() { "none" } else { setting.default };
        assert_eq!(row[1..4], [&setting.kind.to_string(), default, &setting.env()], "{}", setting.key);
        assert!(row[4].len() > 10, "{} is not explained", setting.key);
    }
    let example = text.split("```toml\n").nth(1).and_then(|t| t.split("```").next()).unwrap();
    let token = file("example-token", "x");
    let example = example.replace("/run/credentials/candor.service/twilio", token.to_str().unwrap());
    Config::load(Some(&file("example.toml", &example)), nothing).expect("the example works");
    assert!(Setting::find("twilio.auth_token").is_some());
}
