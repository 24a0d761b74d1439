//! From a tool's result to words, no more of them than are kept.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::Value;

/// What a tool said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answered {
    /// Its words: text as it is, what is no text as one line that says what it was. External, never followed.
    pub text: String,
    /// The structured content beside the words, where there is some and it is no larger than what is kept of an answer.
    pub structured: Option<Value>,
    /// True when the tool says itself that it failed; the words say why.
    pub failed: bool,
    /// True when there was more than is kept.
    pub cut: bool,
}

/// The result in words, at most `most` bytes of them.
pub(super) fn answered(result: CallToolResult, most: usize) -> Answered {
    let mut text = String::new();
    let mut cut = false;
    for block in &result.content {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        add(&mut text, block);
        if text.len() > most {
            cut = true;
            break;
        }
    }
    let structured = result.structured_content.filter(|value| !value.is_null());
    // Most servers say the same twice; where the words are missing, the structure is what there is to read.
    if text.trim().is_empty()
        && let Some(value) = &structured
    {
        text = serde_json::to_string_pretty(value).unwrap_or_default();
    }
    let whole = text.len();
    shorten(&mut text, most);
    cut |= text.len() < whole;
    let small = |value: &Value| serde_json::to_string(value).is_ok_and(|text| text.len() <= most);
    let structured = structured.filter(|value| {
        let fits = small(value);
        cut |= !fits;
        fits
    });
    Answered {
        text,
        structured,
        failed: result.is_error.unwrap_or(false),
        cut,
    }
}

/// Cuts at the last line that fits, or within a line that is too long by itself.
fn shorten(text: &mut String, most: usize) {
    if text.len() <= most {
        return;
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    if let Some(line) = text.rfind('\n').filter(|line| *line > 0) {
        text.truncate(line);
    }
}

fn add(text: &mut String, block: &ContentBlock) {
    match block {
        ContentBlock::Text(said) => text.push_str(&said.text),
        ContentBlock::Image(image) => text.push_str(&omitted("image", &image.mime_type, image.data.len())),
        ContentBlock::Audio(audio) => text.push_str(&omitted("audio", &audio.mime_type, audio.data.len())),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { text: said, .. } => text.push_str(said),
            ResourceContents::BlobResourceContents { mime_type, blob, .. } => {
                text.push_str(&omitted(
                    "data",
                    mime_type.as_deref().unwrap_or("unknown"),
                    blob.len(),
                ));
            }
            _ => text.push_str("[data of an unknown sort, not kept]"),
        },
        // A link is not followed.
        ContentBlock::ResourceLink(link) => text.push_str(&format!("[link: {}]", link.uri)),
        _ => text.push_str("[something of an unknown sort, not kept]"),
    }
}

fn omitted(what: &str, sort: &str, length: usize) -> String {
    format!("[{what}: {sort}, {} bytes, not kept]", length / 4 * 3)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(value: Value, most: usize) -> Answered {
        answered(serde_json::from_value(value).unwrap(), most)
    }

    #[test]
    fn words_stay_and_the_rest_is_named() {
        let answer = said(
            json!({"content": [
                {"type": "text", "text": "one"},
                {"type": "image", "data": "aGVsbG8h", "mimeType": "image/png"},
                {"type": "resource", "resource": {"uri": "x://y", "text": "two"}},
                {"type": "resource_link", "uri": "http://evil.example.org", "name": "n"},
            ], "isError": true}),
            1000,
        );
        assert_eq!(
            answer.text,
            "one\n[image: image/png, 6 bytes, not kept]\ntwo\n[link: http://evil.example.org]"
        );
        assert!(answer.failed && !answer.cut);
    }

    #[test]
    fn what_is_too_long_is_cut_at_a_line() {
        let long = "first line\nsecond line\u{e4}";
        let answer = said(
            json!({"content": [{"type": "text", "text": long}], "structuredContent": {"a": long}}),
            15,
        );
        assert_eq!(answer.text, "first line");
        assert!(answer.cut && answer.structured.is_none());
        let answer = said(
            json!({"content": [{"type": "text", "text": "\u{e4}\u{e4}\u{e4}"}]}),
            3,
        );
        assert_eq!(answer.text, "\u{e4}");
        let answer = said(json!({"content": [], "structuredContent": {"a": 1}}), 100);
        assert_eq!(answer.text, "{\n  \"a\": 1\n}");
        assert_eq!(answer.structured, Some(json!({"a": 1})));
    }
}
