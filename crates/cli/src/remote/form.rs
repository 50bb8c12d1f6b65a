//! Multipart forms, as browsers and wrangler write them.

use bytes::Bytes;

use super::{progress::Progress, sending::Sending};

/// A form.
pub(crate) struct Form {
    boundary: String,
    pieces: Vec<Bytes>,
    progress: Progress,
}

impl Form {
    pub(crate) fn new() -> Self {
        // 128 random bits: no content has them by chance, and nobody who writes content knows them.
        let mut random = [0; 16];
        getrandom::fill(&mut random).expect("the system has random bytes");
        let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { boundary: format!("----mote-{hex}"), pieces: Vec::new(), progress: Progress::default() }
    }

    /// A part of text.
    pub(crate) fn text(&mut self, name: &str, text: String) {
        self.head(&format!("name=\"{}\"", quoted(name)), None);
        self.pieces.push(text.into());
    }

    /// A part that is a file of this type.
    pub(crate) fn file(&mut self, name: &str, kind: &str, content: Bytes) {
        let name = quoted(name);
        self.head(&format!("name=\"{name}\"; filename=\"{name}\""), Some(kind));
        self.pieces.push(content);
    }

    /// Shows how far it is while it is sent.
    pub(crate) fn shown_by(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// The content type of the whole.
    pub(crate) fn kind(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The form as a body.
    pub(crate) fn sending(mut self) -> Sending {
        let end = if self.pieces.is_empty() { "" } else { "\r\n" };
        self.pieces.push(format!("{end}--{}--\r\n", self.boundary).into());
        Sending::pieces(self.pieces, self.progress)
    }

    fn head(&mut self, disposition: &str, kind: Option<&str>) {
        let start = if self.pieces.is_empty() { "" } else { "\r\n" };
        let kind = kind.map(|kind| format!("\r\nContent-Type: {kind}")).unwrap_or_default();
        let boundary = &self.boundary;
        let head =
            format!("{start}--{boundary}\r\nContent-Disposition: form-data; {disposition}{kind}\r\n\r\n");
        self.pieces.push(head.into());
    }
}

/// A name between quotes, as the HTML standard writes it.
fn quoted(name: &str) -> String {
    name.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_form_is_as_the_standard_has_it() {
        let mut form = Form::new();
        form.text("metadata", "{}".to_owned());
        form.file("a\"\r\nb.js", "application/wasm", Bytes::from_static(b"\0asm"));
        let boundary = form.boundary.clone();
        assert_eq!(form.kind(), format!("multipart/form-data; boundary={boundary}"));
        let text = form.sending().collect().await.unwrap().to_bytes();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{{}}\r\n--{boundary}\r\n\
             Content-Disposition: form-data; name=\"a%22%0D%0Ab.js\"; filename=\"a%22%0D%0Ab.js\"\r\n\
             Content-Type: application/wasm\r\n\r\n\0asm\r\n--{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8_lossy(&text), expected);
    }
}
