//! Two programs in one store: whoever is bound to one finds nothing of the other with any command, and is told of its
//! calls what is told of calls that never were.

use crate::{
    ground::{BEGAN, Folder, keys, store},
    reads_noted::{call, candor},
};
use candor::{
    access::Role,
    book::{BookEvent, Piece, Read, Who},
    store::{Archive, BookFilter, Tokens, export_book},
};
use std::{collections::BTreeSet, fs};
use tokio::runtime::Runtime;

/// A store with a call of `harbor` and one of `juniper`, whose words are planted.
fn two(name: &str) -> (Folder, Runtime) {
    let data = Folder::new(name);
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let store = store(&data).await;
        call(&store, "ours", "harbor", "ourword").await;
        call(&store, "theirs", "juniper", "plantedword").await;
        for (program, name) in [("harbor", "ourname"), ("juniper", "plantedname")] {
            let who = Who { name: name.into(), ..Who::server() };
            let event = BookEvent::Read(Read { what: vec![Piece::Record], calls: None });
            store.note(program, Some("theirs"), who, event, BEGAN).await.unwrap();
        }
        store.tokens().create("plantedtoken", Role::Qa, Some("juniper"), BEGAN).await.unwrap();
    });
    (data, runtime)
}

const PLANTED: [&str; 4] = ["plantedword", "plantedname", "plantedtoken", "juniper"];

/// Duty: D21, 42 CFR 2.13(a).
#[test]
fn every_command_answers_for_anothers_call_as_for_one_that_never_was() {
    let (data, _runtime) = two("tenants");
    let out = data.join("out");
    let out = out.to_str().unwrap();
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["record", "show", "CALL"],
        vec!["record", "show", "CALL", "--json"],
        vec!["record", "export", "CALL", "--to", out],
        vec!["access", "list", "--json", "--since", "2100-01-01T00:00:00Z", "--call", "CALL"],
    ];
    for format in ["json", "wav", "fhir", "fhir-r5", "vcon", "vtt", "transcript", "accounting"] {
        commands.push(vec!["record", "export", "CALL", "--format", format, "--to", out]);
    }
    for command in commands {
        for role in [
            None,
            Some("compliance"),
            Some("clinician"),
            Some("intake"),
            Some("qa"),
            Some("auditor"),
            Some("admin"),
        ] {
            let ask = |id: &'static str| {
                let mut args: Vec<_> =
                    command.iter().map(|arg| if *arg == "CALL" { id } else { *arg }).collect();
                args.extend(["--program", "harbor"]);
                args.extend(role.iter().flat_map(|role| ["--as", *role]));
                let (status, told, why) = candor(&data, &args);
                // The id is the asker's own word, and is said back.
                (status, told.replace(id, "ID"), why.replace(id, "ID"))
            };
            let theirs = ask("theirs");
            assert_eq!(theirs, ask("nobody"), "{command:?} as {role:?}");
            assert!(!std::path::Path::new(out).exists(), "{command:?} as {role:?}");
            for word in PLANTED {
                let told = format!("{}{}", theirs.1, theirs.2);
                assert!(!told.contains(word), "{command:?} as {role:?}: {told}");
            }
        }
    }
}

#[test]
fn lists_of_one_program_hold_nothing_of_another() {
    let (data, _runtime) = two("tenant-lists");
    let out = data.join("out");
    let lists: [(&[&str], &str, i32); 9] = [
        (&["record", "list"], "ours", 0),
        (&["record", "list", "--json", "--as", "clinician"], "ourword", 0),
        (&["record", "heads"], "harbor", 0),
        (&["access", "list"], "ourname", 0),
        (&["access", "list", "--json", "--as", "auditor"], "ourname", 0),
        (&["access", "list", "--call", "theirs"], "ourname", 0),
        (&["access", "export", "--to", out.to_str().unwrap()], "", 0),
        (&["keys", "rotate"], "harbor", 0),
        (&["keys", "rewrap"], "0 keys", 0),
    ];
    for (args, own, expected) in lists {
        let (status, told, why) = candor(&data, &[args, &["--program", "harbor"]].concat());
        assert!(status == expected && told.contains(own), "{args:?}: {told}{why}");
        for word in PLANTED {
            assert!(!format!("{told}{why}").contains(word), "{args:?}: {told}{why}");
        }
    }
    for file in fs::read_dir(&out).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(PLANTED.iter().all(|word| !text.contains(word)), "{text}");
    }
    // Of a program that never was, nothing is listed, and nobody is told which there are.
    for (args, expected) in [
        (&["record", "list", "--json"][..], 0),
        (&["access", "list"], 0),
        (&["access", "export", "--to", "/nonexistent/x"], 1),
        (&["record", "heads"], 2),
        (&["keys", "rotate"], 2),
        (&["keys", "rewrap"], 2),
    ] {
        let (status, told, why) = candor(&data, &[args, &["--program", "nowhere"]].concat());
        assert_eq!(status, expected, "{args:?}: {told}{why}");
        assert!(!format!("{told}{why}").contains("juniper"), "{args:?}: {told}{why}");
    }
}

#[test]
fn each_program_has_its_own_keys_and_book() {
    let (data, runtime) = two("tenant-keys");
    runtime.block_on(async {
        let store = store(&data).await;
        let archive = store.archive();
        for (program, other) in [("harbor", "theirs"), ("juniper", "ours")] {
            assert_eq!(archive.record_of(Some(program), other).await.unwrap(), None);
            assert_eq!(archive.program_of(Some(program), other).await.unwrap(), None);
            let id = format!("CA{other}");
            let found = archive.find_by_provider_call_id(Some(program), "twilio", &id).await.unwrap();
            assert_eq!(found, None);
        }
        let names: BTreeSet<_> = archive
            .book("harbor", &BookFilter::default())
            .await
            .unwrap()
            .into_iter()
            .map(|noted| noted.by.name)
            .collect();
        assert!(names.contains("ourname") && !names.contains("plantedname"));
        // Without its keys a program's calls and book are gone, and the other's are as they were.
        archive.key_service().destroy("juniper").await.unwrap();
        let to = data.join("gone");
        assert!(export_book(archive, "juniper", &to).await.is_err() && !to.exists());
    });
    runtime.block_on(async {
        let archive = Archive::open(&data, keys(&data)).await.unwrap();
        assert!(archive.verify_book("harbor").await.is_ok() && archive.verify_book("juniper").await.is_err());
        assert!(archive.record("ours").await.unwrap().is_some());
        assert!(archive.record("theirs").await.is_ok_and(|record| record.is_none()));
        let tokens = Tokens::open(&data).await.unwrap().list().await.unwrap();
        assert_eq!(tokens[0].program.as_deref(), Some("juniper"));
    });
    // Rotating one program's keys leaves the other's alone.
    let (status, told, why) = candor(&data, &["keys", "rotate", "--program", "harbor"]);
    assert!(status == 0 && told.contains("of 1 calls and 1 books"), "{told}{why}");
}
