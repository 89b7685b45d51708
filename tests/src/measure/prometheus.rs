//! Prometheus Alertmanager, as Debian packages it, with one receiver: a webhook of ours that takes down when it is told.

use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::MeasureError;
use super::alerts::Alert;
use super::http_message::{receive, send};
use super::process::Process;

/// It listens within a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running Alertmanager, and the one connection that alerts are posted over.
pub(super) struct Alertmanager {
    connection: BufReader<TcpStream>,
    host: String,
    told: Receiver<(String, Instant)>,
    /// The process.
    pub(super) process: Process,
}

impl Alertmanager {
    /// Starts it with its data in a folder. Each alert is a group of its own and is told at once, as Reveille does.
    pub(super) fn start(program: &Path, folder: &Path) -> Result<Self, MeasureError> {
        let webhook = TcpListener::bind("127.0.0.1:0")?;
        let receiver = format!("http://{}/", webhook.local_addr()?);
        let told = listen(webhook);
        let configuration = folder.join("alertmanager.yml");
        let route = "receiver: told, group_by: ['...'], group_wait: 0s, group_interval: 5m, repeat_interval: 4h";
        let text = format!(
            "route: {{ {route} }}\nreceivers: [ {{ name: told, webhook_configs: [ {{ url: '{receiver}' }} ] }} ]\n"
        );
        std::fs::write(&configuration, text)?;
        let host = free_address()?;
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", configuration.display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={host}"))
            .arg("--cluster.listen-address=")
            .arg("--log.level=error");
        let process = Process::start(&mut command)?;
        let connection = BufReader::new(connected(&host)?);
        let mut alertmanager = Self { connection, host, told, process };
        alertmanager.until_ready()?;
        Ok(alertmanager)
    }

    /// Posts alerts, and waits until they are taken.
    pub(super) fn post(&mut self, alerts: &[Alert]) -> Result<(), MeasureError> {
        let body = Value::from_iter(alerts.iter().map(Alert::for_alertmanager)).to_string();
        match self.request("POST", "/api/v2/alerts", &body)? {
            (200, _) => Ok(()),
            (status, answer) => Err(format!("Alertmanager answers {status}: {answer}").into()),
        }
    }

    /// How many different alerts it holds, and how many it says to have received.
    pub(super) fn held_and_received(&mut self) -> Result<(usize, usize), MeasureError> {
        let (_, alerts) = self.request("GET", "/api/v2/alerts", "")?;
        let held = serde_json::from_str::<Vec<Value>>(&alerts)?.len();
        let (_, metrics) = self.request("GET", "/metrics", "")?;
        let name = r#"alertmanager_alerts_received_total{status="firing",version="v2"} "#;
        let received = metrics.lines().find_map(|line| line.strip_prefix(name)).ok_or("it does not count")?;
        // Go writes large numbers with an exponent.
        Ok((held, format!("{:.0}", received.parse::<f64>()?).parse()?))
    }

    /// When the webhook was told of an alert with this title.
    pub(super) fn told(&self, title: &str) -> Result<Instant, MeasureError> {
        loop {
            let (text, at) = self.told.recv_timeout(PATIENCE)?;
            if text.contains(title) {
                return Ok(at);
            }
        }
    }

    fn until_ready(&mut self) -> Result<(), MeasureError> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if self.request("GET", "/-/ready", "")?.0 == 200 {
                return Ok(());
            }
            std::thread::yield_now();
        }
        Err("Alertmanager does not become ready".into())
    }

    fn request(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, String), MeasureError> {
        let first = format!("{method} {path} HTTP/1.1");
        let headers = [("host", self.host.as_str()), ("content-type", "application/json")];
        send(self.connection.get_mut(), &first, &headers, body)?;
        let (first, body) = receive(&mut self.connection)?.ok_or("Alertmanager has closed the connection")?;
        let status = first.split(' ').nth(1).ok_or("no status")?.parse()?;
        Ok((status, body))
    }
}

/// An address of this machine that nobody listens on.
fn free_address() -> Result<String, MeasureError> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn connected(host: &str) -> Result<TcpStream, MeasureError> {
    let began = Instant::now();
    loop {
        match TcpStream::connect(host) {
            Ok(connection) => {
                connection.set_nodelay(true)?;
                return Ok(connection);
            }
            Err(error) if began.elapsed() > PATIENCE => return Err(error.into()),
            Err(_) => std::thread::yield_now(),
        }
    }
}

/// Takes down what comes, and when.
fn listen(webhook: TcpListener) -> Receiver<(String, Instant)> {
    let (sender, told) = channel();
    std::thread::spawn(move || {
        for connection in webhook.incoming().flatten() {
            let sender = sender.clone();
            std::thread::spawn(move || -> Result<(), MeasureError> {
                let mut connection = BufReader::new(connection);
                while let Some((_, body)) = receive(&mut connection)? {
                    let at = Instant::now();
                    send(connection.get_mut(), "HTTP/1.1 200 OK", &[], "")?;
                    // Nobody waits for more than the first ones.
                    let _unheard = sender.send((body, at));
                }
                Ok(())
            });
        }
    });
    told
}
