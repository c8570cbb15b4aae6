//! `scripts/models` puts verified models in place; whatever stops it is one sentence that says what to do.
//!
//! The script is run as it is, in a folder of its own, with a package made here: no network is needed.

// With everything, so that the inner loop on the pure core stays short.
#![cfg(feature = "runtime")]

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

/// A copy of the scripts with one small package to fetch.
struct Bench {
    root: PathBuf,
}

impl Bench {
    fn new() -> Bench {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("candor-setup-{}-{count}", std::process::id());
        let bench = Bench { root: env::temp_dir().join(name) };
        fs::create_dir_all(bench.root.join("scripts")).unwrap();
        for script in ["models", "setup.sh"] {
            fs::copy(repository().join("scripts").join(script), bench.root.join("scripts").join(script))
                .unwrap();
        }
        bench.make_package();
        bench
    }

    /// A wheel as pip knows it: a zip with metadata, here with one file of six million bytes that pack badly.
    fn make_package(&self) {
        let wheel = self.root.join("index/candor_test_model-1.0-py3-none-any.whl");
        fs::create_dir_all(wheel.parent().unwrap()).unwrap();
        let made = Command::new("python3")
            .args(["-c", MAKE_WHEEL])
            .arg(&wheel)
            .output()
            .expect("python3 is installed by scripts/test");
        assert!(made.status.success(), "{made:?}");
        let hash = |path: &str| {
            let package = format!("import hashlib,sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);{path}");
            let out = Command::new("python3").args(["-c", &package]).arg(&wheel).output().unwrap();
            String::from_utf8(out.stdout).unwrap().trim().to_owned()
        };
        let wheel_hash = hash("print(hashlib.sha256(open(sys.argv[1],'rb').read()).hexdigest())");
        let file_hash = hash("print(hashlib.sha256(z.read('weights.bin')).hexdigest())");
        let list = format!(
            "# one\nwheel candor-test-model 1.0 any {wheel_hash}\nfile test-model/weights.bin weights.bin\n"
        );
        self.write("scripts/models.list", &list);
        self.write("scripts/models.sha256", &format!("{file_hash}  test-model/weights.bin\n"));
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.root.join(file)).unwrap();
        assert!(text.contains(from), "{file} does not contain {from}");
        self.write(file, &text.replace(from, to));
    }

    /// Puts a program in front of the machine's own.
    fn shadow(&self, program: &str, script: &str) {
        self.write(&format!("bin/{program}"), script);
        let path = self.root.join("bin").join(program);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// `scripts/models`, where pip sees only the folder with the package.
    fn models(&self) -> Command {
        let path = format!("{}:{}", self.root.join("bin").display(), env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg(self.root.join("scripts/models")).env("PATH", path).env_remove("CANDOR_MODELS");
        command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", self.root.join("index"));
        command
    }

    fn weights(&self) -> PathBuf {
        self.root.join("models/test-model/weights.bin")
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // What is left in the temporary folder after a failure helps to find it.
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

const MAKE_WHEEL: &str = "
import hashlib, sys, zipfile
block, blocks = b'candor', []
for _ in range(187500):
    block = hashlib.sha256(block).digest()
    blocks.append(block)
info = 'candor_test_model-1.0.dist-info/'
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    z.writestr('weights.bin', b''.join(blocks))
    z.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: candor-test-model\\nVersion: 1.0\\n')
    wheel = ['Wheel-Version: 1.0', 'Generator: candor', 'Root-Is-Purelib: true', 'Tag: py3-none-any', '']
    z.writestr(info + 'WHEEL', '\\n'.join(wheel))
    z.writestr(info + 'RECORD', '')
";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The script stopped, its last line is one sentence with all of `parts`, and nothing half-done is in place.
fn assert_stops(bench: &Bench, output: &Output, parts: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let sentence = said.lines().last().unwrap_or_default();
    assert!(sentence.starts_with("models: ") && sentence.ends_with('.'), "{said}");
    for part in parts {
        assert!(sentence.contains(part), "`{part}` is not in: {said}");
    }
    assert!(
        !bench.weights().exists() || bench.root.join("tampered").exists(),
        "an unverified file is in place"
    );
}

#[test]
fn models_are_fetched_once_and_verified_each_time() {
    let bench = Bench::new();
    let first = bench.models().output().unwrap();
    assert!(first.status.success(), "{}", said(&first));
    assert_eq!(fs::metadata(bench.weights()).unwrap().len(), 6_000_000);
    assert!(!bench.root.join("models/.download").exists());

    fs::remove_dir_all(bench.root.join("index")).unwrap();
    let again = bench.models().output().unwrap();
    assert!(again.status.success(), "{}", said(&again));
    assert_eq!(said(&again), "", "the second run has nothing to say");
}

/// A stand-in for npm, which packs one small package, and the lines that list it.
fn with_npm(bench: &Bench) -> String {
    bench.write("index/package/engine.wasm", "engine\n");
    let archive = bench.root.join("index/engine-1.0.0.tgz");
    let packed = Command::new("tar")
        .args(["--sort=name", "--mtime=@0", "-czf"])
        .arg(&archive)
        .arg("-C")
        .arg(bench.root.join("index"))
        .arg("package")
        .output()
        .unwrap();
    assert!(packed.status.success(), "{packed:?}");
    let copy = format!("#!/bin/sh\n[ \"$1 $2\" = 'pack engine@1.0.0' ] && cp {} \"$4\"\n", archive.display());
    bench.shadow("npm", &copy);
    let sum = Command::new("sha256sum").arg(&archive).output().unwrap();
    let hash = String::from_utf8(sum.stdout).unwrap()[..64].to_owned();
    let file = Command::new("sha256sum").arg(bench.root.join("index/package/engine.wasm")).output().unwrap();
    bench.write(
        "scripts/models.sha256",
        &format!("{}  engine/engine.wasm\n", &String::from_utf8(file.stdout).unwrap()[..64]),
    );
    bench.write(
        "scripts/models.list",
        &format!("npm engine 1.0.0 {hash}\nfile engine/engine.wasm package/engine.wasm\n"),
    );
    hash
}

#[test]
fn an_npm_package_is_unpacked_and_never_installed() {
    let bench = Bench::new();
    with_npm(&bench);
    let output = bench.models().output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::read_to_string(bench.root.join("models/engine/engine.wasm")).unwrap(), "engine\n");
    assert!(!bench.root.join("models/.download").exists());
    assert_eq!(said(&bench.models().output().unwrap()), "", "the second run has nothing to say");
}

#[test]
fn an_npm_package_changed_upstream_or_out_of_reach_stops() {
    let bench = Bench::new();
    let hash = with_npm(&bench);
    bench.replace("scripts/models.list", &hash, &"0".repeat(64));
    let (expected, got) = (format!("expected {}", "0".repeat(64)), format!("got {hash}"));
    assert_stops(
        &bench,
        &bench.models().output().unwrap(),
        &["engine@1.0.0", &expected, &got, "changed upstream"],
    );
    for (code, sentence) in
        [("E404", "withdrawn"), ("ECONNREFUSED", "no network"), ("ENOSPC", "the disk is full")]
    {
        bench.shadow("npm", &format!("#!/bin/sh\necho 'npm error code {code}' >&2\nexit 1\n"));
        assert_stops(&bench, &bench.models().output().unwrap(), &[sentence]);
    }
}

#[test]
fn a_file_left_half_done_by_a_killed_run_is_no_obstacle() {
    let bench = Bench::new();
    bench.write("models/.download/tree/test-model/weights.bin", "half");
    let output = bench.models().output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::metadata(bench.weights()).unwrap().len(), 6_000_000);
}

#[test]
fn a_tampered_model_stops_with_its_name_and_both_hashes() {
    let bench = Bench::new();
    bench.write("models/test-model/weights.bin", "evil\n");
    bench.write("tampered", "");
    let output = bench.models().output().unwrap();
    let got = "got 886b67480dbe73b406ad83a1dd6d9596f93089d90c220ccfc91944c95f1c68c4";
    let place = "models/test-model/weights.bin is not the file that was pinned (expected ";
    assert_stops(&bench, &output, &[place, got, "delete models/ and run again"]);
}

#[test]
fn a_package_changed_upstream_stops_with_both_hashes() {
    let bench = Bench::new();
    let list = fs::read_to_string(bench.root.join("scripts/models.list")).unwrap();
    let hash = list.split_whitespace().find(|word| word.len() == 64).unwrap().to_owned();
    bench.replace("scripts/models.list", &hash, &"0".repeat(64));
    let output = bench.models().output().unwrap();
    let (expected, got) = (format!("expected {}", "0".repeat(64)), format!("got {hash}"));
    assert_stops(&bench, &output, &["candor-test-model==1.0", &expected, &got, "changed upstream"]);
}

#[test]
fn a_file_that_is_not_the_pinned_one_inside_the_package_stops() {
    let bench = Bench::new();
    let hashes = format!("{}  test-model/weights.bin\n", "1".repeat(64));
    bench.write("scripts/models.sha256", &hashes);
    let output = bench.models().output().unwrap();
    assert_stops(&bench, &output, &["models/test-model/weights.bin", "delete models/ and run again"]);
}

#[test]
fn no_network_stops_and_says_so() {
    let bench = Bench::new();
    let mut command = bench.models();
    // A port of this machine that is closed: it was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    command.env_remove("PIP_NO_INDEX").env_remove("PIP_FIND_LINKS").env_remove("PIP_EXTRA_INDEX_URL");
    command
        .env("PIP_INDEX_URL", format!("http://127.0.0.1:{port}/simple"))
        .env("PIP_CONFIG_FILE", "/dev/null");
    assert_stops(
        &bench,
        &command.output().unwrap(),
        &["no network", "candor-test-model==1.0", "then run again"],
    );
}

#[test]
fn a_withdrawn_package_stops_and_says_so() {
    let bench = Bench::new();
    bench.replace("scripts/models.list", "candor-test-model 1.0", "candor-test-model 9.9");
    assert_stops(&bench, &bench.models().output().unwrap(), &["candor-test-model==9.9", "withdrawn"]);
}

#[test]
fn a_missing_tool_stops_with_what_to_install() {
    let bench = Bench::new();
    // A machine with the ordinary commands, but without python3, apt-get and sudo.
    for tool in [
        "bash",
        "awk",
        "cut",
        "dirname",
        "df",
        "find",
        "grep",
        "id",
        "mkdir",
        "rm",
        "sed",
        "sha256sum",
        "uname",
    ] {
        let found = which(tool);
        bench.shadow(tool, &format!("#!/bin/sh\nexec {} \"$@\"\n", found.display()));
    }
    let mut command = bench.models();
    command.env("PATH", bench.root.join("bin"));
    let output = command.output().unwrap();
    assert_stops(
        &bench,
        &output,
        &["python3", "python3-pip", "install it with your system's package manager"],
    );
}

#[test]
fn a_build_without_cmake_is_told_to_install_it() {
    let bench = Bench::new();
    for tool in ["bash", "head", "sed", "sort"] {
        bench.shadow(tool, &format!("#!/bin/sh\nexec {} \"$@\"\n", which(tool).display()));
    }
    for tool in ["cargo", "cc", "make"] {
        bench.shadow(tool, "#!/bin/sh\n");
    }
    bench.shadow("rustc", "#!/bin/sh\necho rustc 99.0.0\n");
    bench.write("Cargo.toml", "rust-version = \"1.94\"\n");
    let mut command = Command::new(which("bash"));
    command.args(["-c", ". scripts/setup.sh; need_rust"]).current_dir(&bench.root);
    command.env("PATH", bench.root.join("bin"));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("cmake") && !said.contains("gcc"), "{said}");
}

#[test]
fn a_user_who_may_not_install_is_told_what_root_should_run() {
    let bench = Bench::new();
    for tool in
        ["bash", "awk", "cut", "dirname", "df", "find", "grep", "mkdir", "rm", "sed", "sha256sum", "uname"]
    {
        bench.shadow(tool, &format!("#!/bin/sh\nexec {} \"$@\"\n", which(tool).display()));
    }
    bench.shadow("apt-get", "#!/bin/sh\nexit 9\n");
    bench.shadow("id", "#!/bin/sh\necho 1000\n");
    let mut command = bench.models();
    command.env("PATH", bench.root.join("bin"));
    assert_stops(&bench, &command.output().unwrap(), &["apt-get install python3 python3-pip", "as root"]);
}

#[test]
fn another_machine_than_x86_64_stops_and_says_so() {
    let bench = Bench::new();
    bench.shadow("uname", "#!/bin/sh\n[ \"$1\" = -m ] && echo aarch64 || echo Linux\n");
    assert_stops(&bench, &bench.models().output().unwrap(), &["aarch64", "x86_64"]);
}

#[test]
fn a_disk_with_too_little_room_stops_before_the_download() {
    let bench = Bench::new();
    let Some(mut command) = on_a_small_disk(&bench) else { return };
    assert_stops(&bench, &command.output().unwrap(), &["the disk is full", "MB are free", "make room"]);
}

#[test]
fn a_disk_that_fills_up_on_the_way_stops_and_says_so() {
    let bench = Bench::new();
    // The check before the download is told that there is room.
    bench.shadow("df", "#!/bin/sh\nprintf 'head\\nx 9 9 9999 9 /\\n'\n");
    let Some(mut command) = on_a_small_disk(&bench) else { return };
    assert_stops(&bench, &command.output().unwrap(), &["the disk is full", "ran out of room", "make room"]);
}

/// The script with `models/` on a file system of 4 MB, in a mount namespace of its own: nothing to clean up.
fn on_a_small_disk(bench: &Bench) -> Option<Command> {
    let models = bench.root.join("models");
    fs::create_dir_all(&models).unwrap();
    let mount = format!("mount -t tmpfs -o size=4m none {}", models.display());
    for flags in [&["--mount"][..], &["--user", "--map-root-user", "--mount"]] {
        let tried = Command::new("unshare").args(flags).args(["sh", "-c", &mount]).output();
        if tried.is_ok_and(|out| out.status.success()) {
            let inner = bench.models();
            let mut command = Command::new("unshare");
            command.args(flags).args(["sh", "-c", &format!("{mount} && exec bash \"$0\"")]);
            command.args(inner.get_args());
            for (name, value) in inner.get_envs() {
                match value {
                    Some(value) => command.env(name, value),
                    None => command.env_remove(name),
                };
            }
            return Some(command);
        }
    }
    eprintln!("SKIPPED: this machine lets us mount no small file system, so the full disk was not tried");
    None
}

fn which(tool: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap();
    env::split_paths(&path)
        .map(|folder| folder.join(tool))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| panic!("{tool} is on every Debian"))
}

#[test]
fn every_script_says_what_it_is_for() {
    for script in ["run", "test", "models"] {
        let path = repository().join("scripts").join(script);
        let output = Command::new("bash").arg(path).arg("--help").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && help.lines().count() >= 3, "{script}: {help}");
        assert!(!help.contains("set -euo") && !help.contains("#!"), "{script}: {help}");
    }
}

#[test]
fn every_file_of_the_list_has_one_hash_and_every_folder_its_licence() {
    let read = |name: &str| fs::read_to_string(repository().join("scripts").join(name)).unwrap();
    let (list, hashes) = (read("models.list"), read("models.sha256"));
    let mut listed: Vec<&str> =
        list.lines().filter_map(|line| line.strip_prefix("file ")?.split_whitespace().next()).collect();
    let mut hashed: Vec<&str> = hashes.lines().map(|line| line[64..].trim()).collect();
    listed.sort_unstable();
    hashed.sort_unstable();
    assert_eq!(listed, hashed);
    let notices = fs::read_to_string(repository().join("THIRD_PARTY.md")).unwrap();
    for file in &listed {
        let folder = file.split('/').next().unwrap();
        assert!(listed.contains(&format!("{folder}/LICENSE").as_str()), "{folder} comes without its licence");
        assert!(
            notices.contains(&format!("models/{folder}")),
            "THIRD_PARTY.md does not name models/{folder}"
        );
    }
}
