//! A real server for a test: the one that `scripts/run` serves, with a port and folders of its own.

use std::{
    env, fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const READY_MAX: Duration = Duration::from_secs(180);

/// The checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of models.
pub fn models() -> PathBuf {
    env::var("CANDOR_MODELS").map_or_else(|_| root().join("models"), PathBuf::from)
}

/// The binary that serves: the one that is tested, or the one `CANDOR_BIN` names, for measurements.
pub fn binary() -> PathBuf {
    env::var_os("CANDOR_BIN").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_candor")), PathBuf::from)
}

/// Whether the models are there; where not, the test says loudly that it is skipped.
pub fn has_models() -> bool {
    let there = models().join("hibari").is_dir();
    if !there {
        eprintln!("SKIPPED: no models in {}: run scripts/models", models().display());
    }
    there
}

/// A server on a port of its own, with folders of its own. It ends with this value.
pub struct Server {
    child: Child,
    place: String,
    folder: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !self.folder.as_os_str().is_empty() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

impl Server {
    /// A server that is ready, with new folders named after `test`.
    pub fn start(test: &str) -> Server {
        Server::start_with(test, &[], |_| {})
    }

    /// The same with settings of its own, as environment variables, after `seed` put something into the folders
    /// (`data` and `keys` in the one it is given).
    pub fn start_with(test: &str, settings: &[(&str, &str)], seed: impl FnOnce(&Path)) -> Server {
        Server::start_at("127.0.0.1", test, settings, seed)
    }

    /// The same on another address of this machine.
    pub fn start_at(
        address: &str,
        test: &str,
        settings: &[(&str, &str)],
        seed: impl FnOnce(&Path),
    ) -> Server {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("data")).expect("a folder");
        // What was rendered for one test is there for the next: the lines of the script are no test's own.
        let prompts = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prompts");
        fs::create_dir_all(&prompts).expect("a folder for what is rendered");
        std::os::unix::fs::symlink(&prompts, folder.join("data/prompts")).expect("a link");
        seed(&folder);
        Server::on(address, folder, settings)
    }

    fn on(address: &str, folder: PathBuf, settings: &[(&str, &str)]) -> Server {
        let free = TcpListener::bind(format!("{address}:0")).expect("a free port");
        let place = free.local_addr().expect("an address").to_string();
        drop(free);
        let log = fs::File::options().append(true).create(true).open(folder.join("server.log"));
        // The script ends as the server: killing the one is killing the other.
        let child = Command::new(root().join("scripts/run"))
            .args(["--listen", &place])
            .arg("--data")
            .arg(folder.join("data"))
            .arg("--keys")
            .arg(folder.join("keys"))
            .env("CANDOR_BIN", binary())
            .env("CANDOR_MODELS", models())
            .env("CANDOR_LOG_LEVEL", "trace")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(log.expect("a log file"))
            .spawn()
            .expect("the server starts");
        let mut server = Server { child, place, folder };
        server.wait_for("/readyz", READY_MAX);
        server
    }

    /// kill -9, and the same folders again.
    pub fn crash_and_start_again(mut self) -> Server {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is gone");
        let folder = std::mem::take(&mut self.folder);
        Server::on("127.0.0.1", folder, &[])
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.place)
    }

    /// Its own folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything it wrote to its log, at the level `trace`.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("server.log")).expect("a log")
    }

    /// `candor call` against it, to be added to.
    pub fn call(&self) -> Command {
        let mut call = Command::new(binary());
        call.args(["call", "--to", &self.url(), "--keys"]).arg(self.folder.join("keys"));
        call.arg("--voices").arg(root().join("audio-fixtures/callers")).env("CANDOR_MODELS", models());
        call
    }

    /// One request over a plain socket: the status and the body.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let token = fs::read_to_string(self.folder.join("keys/local.token")).unwrap_or_default();
        let mut socket = TcpStream::connect(&self.place).ok()?;
        socket.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.place,
            token.trim(),
            body.len()
        );
        socket.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer.split_once("\r\n\r\n")?.1.to_string()))
    }

    /// Asks until the answer is 200, for `patience` at most.
    pub fn wait_for(&mut self, path: &str, patience: Duration) -> String {
        let began = Instant::now();
        loop {
            if let Some((200, body)) = self.ask("GET", path, "") {
                return body;
            }
            let ended = self.child.try_wait().expect("the server can be asked");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            assert!(began.elapsed() < patience, "{path} was not there after {patience:?}");
            std::thread::yield_now();
        }
    }
}
