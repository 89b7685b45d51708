//! What `reveille doctor` asks CloudWatch about the last tick: the request is held against botocore's model, and the answers are built
//! from it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use reveille_aws::{Clients, Dialect};
use reveille_cli::doctor::alarms::{beats, tick};
use reveille_tests::botocore::{Built, Models, Sample};

/// What came in one request.
type Heard = (HeaderMap, Vec<u8>);

/// Answers one request with what is built.
fn answering(built: Built) -> (String, JoinHandle<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody asks");
        let heard = read(&stream);
        let (status, kind, length) = (built.status.as_u16(), &built.content_type, built.body.len());
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{}",
            built.body
        );
        stream.write_all(head.as_bytes()).expect("it is written");
        heard
    });
    (endpoint, heard)
}

fn read(stream: &TcpStream) -> Heard {
    let mut reader = BufReader::new(stream);
    let (mut headers, mut line) = (HeaderMap::new(), String::new());
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        if let Some((name, value)) = line.trim().split_once(": ") {
            let name = HeaderName::try_from(name).expect("a name");
            headers.insert(name, HeaderValue::try_from(value).expect("a value"));
        }
        line.clear();
    }
    let length = headers["content-length"].to_str().expect("text").parse().expect("a length");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body");
    (headers, body)
}

#[tokio::test]
async fn the_last_tick_is_asked_for_and_read_as_cloudwatch_has_it() {
    let models = Models::read();
    // Two minutes after the instant that a built answer has.
    let now: Timestamp = "2027-01-01T00:02:00Z".parse().expect("an instant");
    for (how, says) in [(Sample::Least, "none within"), (Sample::Most, "2 min ago")] {
        let (endpoint, heard) = answering(models.get("cloudwatch").built_output("GetMetricStatistics", how));
        let cloudwatch = Clients::at(&endpoint).json(Dialect::CLOUDWATCH);
        let check = tick(beats(&cloudwatch, "reveille", now).await, now);
        assert!(format!("{check:?}").contains(says), "{how:?}: {check:?}");
        let (headers, body) = heard.join().expect("it was asked");
        let asked = models.asked("POST", "/", &headers, &body).expect("it is understood");
        assert_eq!((asked.to_string().as_str(), asked.wrong()), ("cloudwatch GetMetricStatistics", Vec::new()));
    }
}
