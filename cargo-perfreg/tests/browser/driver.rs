//! A browser without a network, driven over the protocol of `WebDriver`.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A browser with one window.
pub(crate) struct Browser {
    driver: Child,
    /// A driver that nobody listens to would stop.
    _says: BufReader<ChildStdout>,
    session: String,
    agent: ureq::Agent,
}

/// How a page looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Window {
    /// As on a desk.
    Wide,
    /// As on a telephone.
    Narrow,
}

/// Chromium and its driver, or why there are none.
///
/// What `PERFREG_CHROMIUM` names has to be there; otherwise the folders of `PATH` are looked through.
pub(crate) fn find() -> Result<(PathBuf, PathBuf), String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = |name: &str| {
        let mut places = std::env::split_paths(&path).map(|folder| folder.join(name));
        places
            .find(|place| place.is_file())
            .ok_or_else(|| format!("there is no `{name}` on the PATH"))
    };
    match std::env::var_os("PERFREG_CHROMIUM") {
        Some(named) => {
            let named = PathBuf::from(named);
            assert!(
                named.is_file(),
                "PERFREG_CHROMIUM names {}, which is no file",
                named.display()
            );
            Ok((named, on_path("chromedriver").expect("a stated browser needs its driver")))
        }
        None => Ok((on_path("chromium")?, on_path("chromedriver")?)),
    }
}

impl Browser {
    pub(crate) fn start(window: Window) -> Result<Self, String> {
        let (chromium, chromedriver) = find()?;
        let mut driver = Command::new(chromedriver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|cause| format!("cannot start chromedriver: {cause}"))?;
        let (port, says) = port_of(&mut driver);
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let session = format!("http://127.0.0.1:{port}/session");
        let mut browser = Self { driver, _says: says, session, agent };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            // Nothing has an address: the network is off.
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--window-size=1400,1000",
        ];
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": chromium, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let id = browser.post("", &capabilities)["sessionId"].as_str().map(str::to_owned);
        browser.session = format!("{}/{}", browser.session, id.expect("a session has a name"));
        if window == Window::Narrow {
            // No window of a desk is as narrow.
            let size = json!({"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true});
            let cmd = "Emulation.setDeviceMetricsOverride";
            browser.post("/goog/cdp/execute", &json!({"cmd": cmd, "params": size}));
        }
        Ok(browser)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{path}", self.session));
        let mut response = request.send_json(body).expect("the driver answers");
        let answer: Value = response.body_mut().read_json().expect("the driver answers in JSON");
        let value = &answer["value"];
        assert!(value["error"].is_null(), "{path} of {body}: {value}");
        value.clone()
    }

    /// Opens a file, with a state after `#`, and waits until the page is ready; the milliseconds that it
    /// says it took.
    pub(crate) fn open(&self, file: &Path, state: &str) -> u64 {
        // Another state alone would not load the page again.
        self.post("/url", &json!({"url": "about:blank"}));
        self.post("/url", &json!({"url": format!("file://{}#{state}", file.display())}));
        self.until("document.documentElement.dataset.ready !== undefined");
        self.run("return Number(document.documentElement.dataset.ready)").as_u64().unwrap()
    }

    /// What a script returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// The text that an expression gives.
    pub(crate) fn text(&self, expression: &str) -> String {
        let value = self.run(&format!("return String({expression})"));
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub(crate) fn until(&self, expression: &str) {
        const PATIENCE: Duration = Duration::from_secs(60);
        let begun = Instant::now();
        while self.run(&format!("return Boolean({expression})")) != json!(true) {
            assert!(
                begun.elapsed() < PATIENCE,
                "never true: {expression}: {:?}",
                self.complaints()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Gives an element of the page another value, as a user would.
    pub(crate) fn set(&self, id: &str, value: &str) {
        let (id, value) = (json!(id), json!(value));
        self.run(&format!(
            "const one = document.getElementById({id}); one.value = {value};
             one.dispatchEvent(new Event('input', {{ bubbles: true }}))"
        ));
    }

    /// Gives the focus to the element that a selector finds.
    pub(crate) fn focus(&self, selector: &str) {
        let selector = json!(selector);
        self.run(&format!("document.querySelector({selector}).focus()"));
    }

    /// Presses keys one after the other, wherever the focus is.
    pub(crate) fn press(&self, keys: &str) {
        let press = |key: char| {
            ["keyDown", "keyUp"].map(|what| json!({"type": what, "value": key.to_string()}))
        };
        let keys: Vec<Value> = keys.chars().flat_map(press).collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": keys});
        self.post("/actions", &json!({"actions": [keyboard]}));
    }

    /// What the console has said since it was asked last.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        log.as_array().unwrap().iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// The addresses that were asked for since this was asked last, but for the pages themselves.
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "performance"}));
        let address = |entry: &Value| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &message["message"];
            let asked = message["method"] == "Network.requestWillBeSent";
            let is_page = message["params"]["type"] == "Document";
            let address = message["params"]["request"]["url"].to_string();
            // What stands in the page itself is asked of nobody.
            (asked && !is_page && !address.starts_with("\"data:")).then_some(address)
        };
        log.as_array().unwrap().iter().filter_map(address).collect()
    }

    /// Keeps what is on the screen, where `PERFREG_SCREENS` names a folder for it; of the whole page.
    pub(crate) fn keep_screen(&self, name: &str) {
        use base64::Engine as _;
        let Some(folder) = std::env::var_os("PERFREG_SCREENS") else { return };
        let size = |of: &str| self.run(&format!("return document.documentElement.{of}"));
        let clip = json!({"x": 0, "y": 0, "scale": 1,
            "width": size("clientWidth"), "height": size("scrollHeight")});
        let shot = json!({"cmd": "Page.captureScreenshot",
            "params": {"captureBeyondViewport": true, "clip": clip}});
        let shot = self.post("/goog/cdp/execute", &shot);
        let bytes =
            base64::prelude::BASE64_STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(Path::new(&folder).join(name), bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session, the driver by itself never.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that the driver says it listens on.
fn port_of(driver: &mut Child) -> (u16, BufReader<ChildStdout>) {
    let mut says = BufReader::new(driver.stdout.take().expect("its output is piped"));
    let mut ports = says.by_ref().lines().map_while(Result::ok).filter_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    let port = ports.next().expect("chromedriver says its port");
    (port, says)
}
