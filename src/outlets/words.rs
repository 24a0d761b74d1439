//! Words for places that know no markup of ours, and may have some of their own: comments of tickets, notes, notifications.

use super::post::{Part, Post};
use crate::model::{Span, Text, inert};

/// A message as plain text of about so many characters, with where it comes from in its last line.
pub fn plain(post: &Post, most: usize) -> String {
    let mut out = calm(&post.head);
    for part in post.parts_within(most) {
        match part {
            Part::Sentence(text) => out.push_str(&format!("\n\n{}", calm(&text))),
            Part::Item(text) => out.push_str(&format!("\n- {}", calm(&text))),
            Part::Command(line) => out.push_str(&format!("\n    {}", inert(&line))),
        }
    }
    out.push_str(&format!("\n\n{}", post.source()));
    out
}

/// A sentence in which words from outside call nobody, link nowhere and format nothing.
pub fn calm(text: &Text) -> String {
    let spans = text.0.iter().map(|span| match span {
        Span::Own(words) => words.clone(),
        Span::External { external } => defanged(external),
    });
    spans.collect()
}

/// Words from outside. What a reader makes links, calls or markup of is taken apart by a space, so that it can still be read:
/// addresses, `@name`, `[code]` (ServiceNow shows what stands within as HTML), `[title](address)`.
pub fn defanged(words: &str) -> String {
    let words = inert(words);
    let mut out = String::with_capacity(words.len());
    let mut rest = words.as_str();
    while let Some(c) = rest.chars().next() {
        let (this, after) = rest.split_at(c.len_utf8());
        let lower: String = after.chars().take(5).collect::<String>().to_lowercase();
        let begins = out
            .chars()
            .next_back()
            .is_none_or(|before| !before.is_alphanumeric());
        out.push_str(this);
        let apart = match c {
            ':' => after.starts_with("//"),
            '@' => begins && !after.is_empty() && !after.starts_with(' '),
            '[' => lower.starts_with("code") || lower.starts_with("/code"),
            ']' => after.starts_with('('),
            'w' | 'W' => out.to_lowercase().ends_with("www") && after.starts_with('.'),
            _ => false,
        };
        if apart {
            out.push(' ');
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_outside_do_nothing_and_can_be_read() {
        for (words, shown) in [
            ("see https://evil.example/x", "see https: //evil.example/x"),
            ("www.evil.example", "www .evil.example"),
            ("@channel @[Dana] a@b.internal", "@ channel @ [Dana] a@b.internal"),
            ("[code]<img>[/CODE]", "[ code]<img>[ /CODE]"),
            ("[x](y) a\nb\u{202e}", "[x] (y) a b\u{fffd}"),
            ("", ""),
            ("@", "@"),
        ] {
            assert_eq!(defanged(words), shown);
        }
        let text = Text::from("https://ours ").ext("https://theirs");
        assert_eq!(calm(&text), "https://ours https: //theirs");
    }
}
