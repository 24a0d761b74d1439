//! One question to a vendor: the tool that answers it, its arguments filled in, its answer as rows, and what went wrong.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use serde_json::Value;

use super::{
    VendorSource,
    adapter::{Adapter, Ask},
    caller::{CallError, ToolInfo},
    document,
    fill::Blanks,
    quoting,
};
use crate::model::{Allowance, Answer, Evidence, Gap, GapKind, Resource, Text, Window};

/// Words of a failing tool that are told on.
const TOLD: usize = 200;

/// One question under way.
pub(super) struct Asking<'a> {
    pub source: &'a VendorSource,
    kind: &'static str,
    allowance: &'a Allowance,
    calls: AtomicU32,
    gaps: Mutex<Vec<Gap>>,
}

/// What a tool answered.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub rows: Vec<Value>,
    /// True when it says itself that there was more.
    pub more: bool,
}

impl<'a> Asking<'a> {
    pub const fn new(source: &'a VendorSource, kind: &'static str, allowance: &'a Allowance) -> Self {
        Self {
            source,
            kind,
            allowance,
            calls: AtomicU32::new(0),
            gaps: Mutex::new(Vec::new()),
        }
    }

    pub const fn adapter(&self) -> &'a Adapter {
        &self.source.adapter
    }

    /// What was found, with what could not be.
    pub fn answer(self, evidence: Option<Evidence>) -> Answer {
        Answer {
            evidence,
            gaps: self.gaps.into_inner().unwrap_or_default(),
            calls: self.calls.into_inner(),
            by: Vec::new(),
        }
    }

    /// Notes what could not be looked at, once.
    pub fn miss(&self, gap: Gap) {
        if let Ok(mut gaps) = self.gaps.lock()
            && !gaps.contains(&gap)
        {
            gaps.push(gap);
        }
    }

    /// What is asked about, for a person.
    pub fn what(&self, of: &str, resource: Option<&Resource>) -> Text {
        let text = Text::from(of);
        let text = match resource {
            Some(resource) => text.own(" of ").ext(resource.name.clone()),
            None => text,
        };
        text.own(" in ").own(&self.adapter().vendor)
    }

    /// The first of the ask's tools that the server has and this space may call.
    ///
    /// What is missing is missing for every resource alike, and told in the same words each time.
    async fn tool(&self, ask: &Ask) -> Result<&'a ToolInfo, Gap> {
        let what = &self.what(self.kind, None);
        let asked = self.source.tools.get_or_try_init(|| self.source.caller.tools());
        let tools = asked.await.map_err(|error| failed(error, what))?;
        let known = || {
            ask.tools
                .iter()
                .filter_map(|name| tools.iter().find(|tool| tool.name == *name))
        };
        if let Some(tool) = known().find(|tool| tool.allowed) {
            return Ok(tool);
        }
        let connection = &self.source.name;
        let vendor = &self.adapter().vendor;
        Err(match known().next() {
            Some(tool) => missing(
                GapKind::Denied,
                what,
                Text::from(format!(
                    "the tool {} of {vendor} may not be called here",
                    tool.name
                )),
                format!(
                    "midwatch connection allow {connection} {} lets it be called",
                    tool.name
                ),
            ),
            None => missing(
                GapKind::Unsupported,
                what,
                format!("the server of {vendor} has no tool {}", ask.tools.join(" or ")),
                format!(
                    "midwatch connection tools {connection} says what it has; its toolset may have to be switched on"
                ),
            ),
        })
    }

    /// Asks once, and reads the rows of the answer.
    pub async fn page(&self, ask: &Ask, what: &Text, blanks: &Blanks) -> Result<Page, Gap> {
        let tool = self.tool(ask).await?;
        if !self.allowance.take() {
            return Err(Gap::of_budget(what.clone(), "no call is left in the budget"));
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        let arguments = blanks.arguments(tool, &ask.arguments);
        let answer = self.source.caller.call(&tool.name, &arguments).await;
        let vendor = &self.adapter().vendor;
        let answer = answer.map_err(|error| {
            let why = Text::from(format!("the tool {} of {vendor} gave no answer: ", tool.name));
            let why = why.join(&error.why);
            failed(CallError { why, ..error }, what)
        })?;
        if answer.failed {
            return Err(self.refused(&tool.name, what, &answer.text));
        }
        let found = document::of(&answer);
        let rows = found.as_ref().and_then(|found| document::rows(found, &ask.rows));
        let (Some(found), Some(rows)) = (found, rows) else {
            let (kind, why, hint) = if answer.cut {
                (
                    GapKind::Truncated,
                    "answered with more than is kept of an answer",
                    "raise largest_answer of the connection, or narrow the space's scope",
                )
            } else {
                (
                    GapKind::Failed,
                    "answered in a shape that is not known",
                    "midwatch connection test shows what it answers; a newer midwatch may know it",
                )
            };
            let why = format!("the tool {} of {vendor} {why}", tool.name);
            return Err(missing(kind, what, why, hint));
        };
        let says_more = |pointer: &String| found.pointer(pointer).and_then(Value::as_bool) == Some(true);
        Ok(Page {
            more: answer.cut || ask.more.iter().any(says_more),
            rows,
        })
    }

    /// What a tool says when it fails, and the sort of failure as far as its words tell.
    fn refused(&self, tool: &str, what: &Text, words: &str) -> Gap {
        let lower = words.to_lowercase();
        let says = |any: &[&str]| any.iter().any(|word| lower.contains(word));
        let connection = &self.source.name;
        let (kind, hint) = if says(&["429", "rate limit", "too many requests", "quota", "budget"]) {
            (
                GapKind::Throttled,
                "ask again later, or raise the limit at the vendor's".to_owned(),
            )
        } else if says(&["401", "unauthenticated", "invalid api key", "expired"]) {
            (
                GapKind::Credentials,
                format!("midwatch connection test {connection} checks the credentials"),
            )
        } else if says(&[
            "403",
            "forbidden",
            "permission",
            "not authorized",
            "unauthorized",
            "access denied",
        ]) {
            (
                GapKind::Denied,
                format!("give the credentials of connection {connection} leave to read this"),
            )
        } else {
            (
                GapKind::Failed,
                format!("midwatch connection test {connection} says whether the server is well"),
            )
        };
        let short: String = words.chars().take(TOLD).collect();
        let why = Text::from(format!("the tool {tool} of {} failed: ", self.adapter().vendor)).ext(short);
        missing(kind, what, why, hint)
    }

    /// The blanks of any question: times, limit, account, scope, and what must be looked up for it.
    pub async fn blanks(
        &self,
        ask: &Ask,
        asks: &str,
        what: &Text,
        window: Option<Window>,
        limit: u32,
    ) -> Result<Blanks, Gap> {
        let mut blanks = Blanks::default()
            .number("limit", i64::from(limit))
            .text("account", self.source.account.clone().unwrap_or_default())
            .text("scope", self.scope(asks));
        if let Some(window) = window {
            blanks = blanks
                .text("from", window.from.to_string())
                .text("to", window.to.to_string())
                .number("from_ms", window.from.as_millisecond())
                .number("to_ms", window.to.as_millisecond());
        }
        for name in self.adapter().lookup.keys() {
            let wanted = format!("{{{name}}}");
            let is_in = |value: &toml::Value| value.as_str().is_some_and(|text| text.contains(&wanted));
            if ask.arguments.values().any(is_in) {
                blanks = blanks.text(name, self.looked_up(name, what).await?);
            }
        }
        Ok(blanks)
    }

    /// The scope as a condition, with what joins it to others.
    fn scope(&self, asks: &str) -> String {
        let adapter = self.adapter();
        let mut all = Vec::new();
        for (kind, ids) in &self.source.scope {
            let Some(scope) = adapter.scope.get(kind) else {
                continue;
            };
            if !scope.asks.is_empty() && !scope.asks.iter().any(|word| word == asks) {
                continue;
            }
            let tag = scope.tag.as_ref().filter(|_| asks == "metrics");
            let piece = |id: &String| {
                let (template, value) = match tag {
                    Some(template) => (template, quoting::tag(id)),
                    None => (&scope.one, adapter.quoting.value(id)?),
                };
                Some(Blanks::default().text("value", value).fill(template))
            };
            let pieces: Vec<String> = ids.iter().filter_map(piece).collect();
            if !pieces.is_empty() {
                all.push(format!(
                    "{}{}{}",
                    adapter.condition.open,
                    pieces.join(&adapter.condition.any),
                    adapter.condition.close
                ));
            }
        }
        let joint = match &adapter.dims {
            Some(dims) if asks == "metrics" => &dims.all,
            _ => &adapter.condition.all,
        };
        match (all.is_empty(), adapter.unscoped.is_empty()) {
            (true, _) => adapter.unscoped.clone(),
            (false, true) => format!("{joint}{}", all.join(joint)),
            (false, false) => all.join(joint),
        }
    }

    async fn looked_up(&self, name: &str, what: &Text) -> Result<String, Gap> {
        if let Some(id) = self.source.scope.get(name).and_then(|ids| ids.first()) {
            return Ok(id.clone());
        }
        // Held while it is looked up: questions that are asked at once look it up once.
        let mut known = self.source.looked_up.lock().await;
        if let Some(id) = known.get(name) {
            return Ok(id.clone());
        }
        let nothing = || {
            missing(
                GapKind::NotFound,
                what,
                format!("{} has no data source of type {name}", self.adapter().vendor),
                format!("name one in the space's scope of this connection: scope.{name} = [\"UID\"]"),
            )
        };
        let ask = self.adapter().lookup.get(name).ok_or_else(nothing)?;
        let page = self.page(ask, what, &Blanks::default()).await?;
        let place = |field: &str| ask.fields.get(field).map(Vec::as_slice).unwrap_or_default();
        let words =
            |row: &Value, field| document::field(row, place(field)).and_then(|value| document::words(&value));
        let fits = |row: &&Value| words(row, "only").is_none_or(|only| only == name);
        let default = |row: &&Value| row.get("isDefault").and_then(Value::as_bool) == Some(true);
        let mut rows = page.rows.iter().filter(fits);
        let chosen = rows.clone().find(default).or_else(|| rows.next());
        let id = chosen.and_then(|row| words(row, "id")).ok_or_else(nothing)?;
        known.insert(name.to_owned(), id.clone());
        Ok(id)
    }

    /// The keys and written values under which the vendor knows a resource.
    pub fn named(&self, resource: &Resource, what: &Text) -> Result<Vec<(String, String)>, Gap> {
        let called = self.adapter().called(resource);
        let name = match called {
            Some(called) if called.tag => quoting::tag(&resource.name),
            _ => resource.name.clone(),
        };
        let keys = called.map(|called| called.keys.as_slice()).unwrap_or_default();
        match self.adapter().quoting.value(&name) {
            Some(value) => Ok(keys.iter().map(|key| (key.clone(), value.clone())).collect()),
            None => Err(missing(
                GapKind::Unsupported,
                what,
                Text::from("the name ").ext(resource.name.clone()).own(format!(
                    " cannot be written in a query of {}",
                    self.adapter().vendor
                )),
                "look at it there by hand",
            )),
        }
    }

    /// The condition that a row is of one of these names.
    pub fn condition(&self, names: &[(String, String)]) -> String {
        let condition = &self.adapter().condition;
        let pieces: Vec<String> = names
            .iter()
            .map(|(key, value)| condition.piece(key, value))
            .collect();
        condition.any_of(&pieces)
    }
}

/// A gap, with what would mend it.
pub(super) fn missing(kind: GapKind, what: &Text, why: impl Into<Text>, hint: impl Into<Text>) -> Gap {
    Gap {
        kind,
        what: what.clone(),
        resource: None,
        why: why.into(),
        hint: Some(hint.into()),
    }
}

fn failed(error: CallError, what: &Text) -> Gap {
    missing(error.kind, what, error.why, error.hint)
}
