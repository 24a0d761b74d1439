//! XML answers as a tree: what the services that speak XML send is small and plain (elements and text).

use std::fmt;

/// Elements within elements that are read; deeper ones make an answer unreadable.
const DEEPEST: usize = 32;

/// An element: its name without a prefix, its text, the elements inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Name without a prefix.
    pub name: String,
    /// Text directly inside, trimmed.
    pub text: String,
    /// Elements directly inside.
    pub children: Vec<Self>,
}

/// An answer that is no XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable(&'static str);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Unreadable {}

impl Element {
    /// The first child of that name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at the end of a path of names.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The elements in the list at the end of a path of names.
    pub fn items(&self, path: &[&str]) -> &[Self] {
        self.at(path).map_or(&[], |list| list.children.as_slice())
    }

    /// Text of the child of that name; none when it is empty or not there.
    pub fn word(&self, name: &str) -> Option<&str> {
        let text = self.child(name)?.text.as_str();
        (!text.is_empty()).then_some(text)
    }
}

/// Reads a document.
///
/// # Errors
/// When it is no XML, is cut off, or nests too deep.
pub fn read(text: &str) -> Result<Element, Unreadable> {
    let mut open: Vec<Element> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tail) = rest.split_at(at);
        if let Some(element) = open.last_mut() {
            element.text.push_str(&plain(before));
        }
        if let Some(tail) = tail.strip_prefix("<![CDATA[") {
            let (data, after) = tail.split_once("]]>").ok_or(Unreadable("CDATA is cut off"))?;
            if let Some(element) = open.last_mut() {
                element.text.push_str(data);
            }
            rest = after;
            continue;
        }
        if let Some(tail) = tail.strip_prefix("<!--") {
            rest = tail
                .split_once("-->")
                .ok_or(Unreadable("a comment is cut off"))?
                .1;
            continue;
        }
        let (tag, after) = split_tag(tail)?;
        rest = after;
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            let mut done = open.pop().ok_or(Unreadable("an element ends that never began"))?;
            if done.name != local(name) {
                return Err(Unreadable("an element ends under another name"));
            }
            done.text = String::from(done.text.trim());
            match open.last_mut() {
                Some(parent) => parent.children.push(done),
                None => return Ok(done),
            }
            continue;
        }
        let name = local(tag.trim_end_matches('/'));
        let element = Element {
            name: name.to_owned(),
            ..Element::default()
        };
        if tag.ends_with('/') {
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None => return Ok(element),
            }
        } else if open.len() < DEEPEST {
            open.push(element);
        } else {
            return Err(Unreadable("elements nest too deep"));
        }
    }
    Err(Unreadable("there is no whole element"))
}

/// What stands between `<` and its `>`, which may also stand in a quoted attribute; and what follows.
fn split_tag(text: &str) -> Result<(&str, &str), Unreadable> {
    let mut quote = None;
    for (at, c) in text.char_indices().skip(1) {
        match (quote, c) {
            (None, '>') => return Ok((text.get(1..at).unwrap_or(""), text.get(at + 1..).unwrap_or(""))),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    Err(Unreadable("a tag is cut off"))
}

/// The name of a tag without attributes and prefix.
fn local(tag: &str) -> &str {
    let name = tag.split_whitespace().next().unwrap_or("");
    name.rsplit(':').next().unwrap_or(name)
}

/// Text with its references resolved; one that is unknown stays as it is.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let name = tail
            .get(1..)
            .and_then(|tail| tail.split_once(';'))
            .map(|(name, _)| name);
        let Some((name, c)) = name.and_then(|name| Some((name, resolved(name)?))) else {
            out.push('&');
            rest = tail.get(1..).unwrap_or("");
            continue;
        };
        out.push(c);
        rest = tail.get(name.len() + 2..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

fn resolved(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_text_and_references_are_read() {
        let xml = "<?xml version=\"1.0\"?>\n<!-- c --><a:R xmlns:a=\"x>y\"><Items><m> R&amp;D &#x41;&odd; </m><m/>\
                   <m><![CDATA[<b>]]></m></Items></a:R>";
        let root = read(xml).unwrap();
        assert_eq!(root.name, "R");
        let words: Vec<&str> = root.items(&["Items"]).iter().map(|m| m.text.as_str()).collect();
        assert_eq!(words, ["R&D A&odd;", "", "<b>"]);
        assert_eq!(root.word("None"), None);
    }

    #[test]
    fn what_is_no_xml_is_said_to_be_none() {
        for bad in [
            "",
            "no",
            "<a>",
            "<a><b></a></b>",
            "<a",
            "</a>",
            "<a><!-- ",
            "<a><![CDATA[",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&"<a>".repeat(10_000)).is_err());
    }
}
