//! Messages of HTTP/1.1 on a connection of this machine: as much of them as programs here send, and nothing that waits.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::MeasureError;

/// Sends a message with a body.
pub(super) fn send(to: &mut impl Write, first: &str, headers: &[(&str, &str)], body: &str) -> Result<(), MeasureError> {
    let mut text = format!("{first}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(body);
    // In one piece: the other side is awake once then.
    Ok(to.write_all(text.as_bytes())?)
}

/// The next message: its first line and its body. `None`: there are no more.
pub(super) fn receive(from: &mut BufReader<TcpStream>) -> Result<Option<(String, String)>, MeasureError> {
    let mut first = String::new();
    if from.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let (mut length, mut is_chunked) = (0, false);
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        match line.split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse()?,
            Some(("transfer-encoding", value)) => is_chunked = value.trim() == "chunked",
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    loop {
        if is_chunked {
            let mut size = String::new();
            from.read_line(&mut size)?;
            length = usize::from_str_radix(size.trim(), 16)?;
        }
        let before = body.len();
        body.resize(before + length, 0);
        from.read_exact(&mut body[before..])?;
        if !is_chunked {
            break;
        }
        from.read_line(&mut String::new())?;
        if length == 0 {
            break;
        }
    }
    Ok(Some((first, String::from_utf8(body)?)))
}
