//! A browser's driver: one process, one session, an empty profile.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::http;

pub(super) struct Driver {
    process: Child,
    port: u16,
    session: String,
    profile: PathBuf,
}

impl Driver {
    /// Starts the driver and a browser. CHROMEDRIVER and CHROMIUM name the programs.
    pub(super) fn start() -> Driver {
        let program = env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let mut process = Command::new(&program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}; CHROMEDRIVER names it", program.display())
            });
        let output = process.stdout.take().expect("its output");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let rest = line.split("started successfully on port ").nth(1)?;
            rest.trim_end_matches('.').trim().parse().ok()
        });
        let port = port.expect("the driver says its port");
        std::thread::spawn(move || lines.for_each(drop));
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let profile =
            env::temp_dir().join(format!("semisync-page-{}-{number}", std::process::id()));
        fs::create_dir_all(&profile).expect("a folder for the profile");
        let mut driver = Driver {
            process,
            port,
            session: String::new(),
            profile,
        };
        let wish = json!({ "capabilities": { "alwaysMatch": driver.capabilities() } });
        let session = driver.call("POST", "/session", &wish);
        let id = session["sessionId"].as_str();
        id.expect("a session").clone_into(&mut driver.session);
        driver
    }

    /// A command of this session; panics with the driver's words when it fails.
    #[track_caller]
    pub(super) fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}{path}", self.session), body)
    }

    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = http::call(self.port, method, path, body);
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let value = answer["value"].take();
        assert!(
            value["error"].is_null(),
            "{method} {path}: {}: {}",
            value["error"],
            value["message"]
        );
        value
    }

    fn capabilities(&self) -> Value {
        let mut arguments: Vec<String> =
            ARGUMENTS.iter().map(|&argument| argument.into()).collect();
        arguments.push(format!("--user-data-dir={}", self.profile.display()));
        let mut options = json!({ "args": arguments });
        if let Ok(binary) = env::var("CHROMIUM") {
            options["binary"] = binary.into();
        }
        json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The driver ends its browser when the session ends.
        let path = format!("/session/{}", self.session);
        drop(http::call(self.port, "DELETE", &path, &json!({})));
        drop(self.process.kill());
        drop(self.process.wait());
        drop(fs::remove_dir_all(&self.profile));
    }
}

const ARGUMENTS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1440,900",
];
static STARTED: AtomicU32 = AtomicU32::new(0);
