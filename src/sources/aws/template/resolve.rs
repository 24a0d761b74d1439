//! References in properties replaced by what they stand for, as far as that is known.
//!
//! Semantics: "Intrinsic function reference" in the CloudFormation user guide. What cannot be known from here (the
//! result of a condition, an attribute that AWS chose) keeps its long form.

use std::cell::Cell;

use serde_json::{Map, Value};

use super::{Deployed, Template};

/// Bytes that resolving may put in place of references, in all: what is put together of itself again and again doubles with
/// every step. CloudFormation takes templates of one megabyte.
const LARGEST: usize = 4 * 1024 * 1024;

/// `value` with its references resolved.
pub fn resolve(value: &Value, template: &Template, deployed: &Deployed) -> Value {
    let resolver = Resolver {
        template,
        deployed,
        left: Cell::new(LARGEST),
    };
    resolver.resolve(value)
}

struct Resolver<'a> {
    template: &'a Template,
    deployed: &'a Deployed,
    /// Bytes that may still be put in place of references.
    left: Cell<usize>,
}

impl Resolver<'_> {
    fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.resolve(item)).collect(),
            Value::Object(map) => {
                let Some((function, given)) = only_entry(map) else {
                    return map
                        .iter()
                        .map(|(key, value)| (key.clone(), self.resolve(value)))
                        .collect();
                };
                // Once, whatever becomes of it: functions stand within functions within functions.
                let argument = self.resolve(given);
                let known = match function {
                    "Ref" => given.as_str().and_then(|name| self.reference(name)),
                    // The reader wants what is encoded, not the encoding.
                    "Fn::Base64" => return argument,
                    "Fn::Sub" => self.substitute(&argument),
                    "Fn::Join" => self.join(&argument),
                    "Fn::Select" => select(&argument),
                    "Fn::ImportValue" => argument
                        .as_str()
                        .and_then(|name| self.deployed.exports.get(name))
                        .map(|value| Value::from(value.clone())),
                    "Fn::FindInMap" => find_in_map(&argument, &self.template.mappings),
                    _ => None,
                };
                known.unwrap_or_else(|| Value::Object(Map::from_iter([(function.to_owned(), argument)])))
            }
            _ => value.clone(),
        }
    }

    /// True when so many bytes more may be put in place.
    fn spend(&self, bytes: usize) -> bool {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }

    fn reference(&self, name: &str) -> Option<Value> {
        let Deployed {
            stack,
            region,
            account,
            physical,
            parameters,
            ..
        } = self.deployed;
        let own = |words: &String| (!words.is_empty()).then(|| Value::from(words.clone()));
        match name {
            "AWS::Region" => own(region),
            "AWS::AccountId" => own(account),
            "AWS::StackName" => own(stack),
            "AWS::Partition" => Some(Value::from(partition(region))),
            "AWS::NoValue" => Some(Value::Null),
            _ => {
                let known = parameters.get(name).or_else(|| physical.get(name));
                if let Some(words) = known {
                    return self.spend(words.len()).then(|| Value::from(words.clone()));
                }
                let default = self.template.defaults.get(name)?;
                self.spend(size(default)).then(|| default.clone())
            }
        }
    }

    /// `Fn::Sub`: `${Name}` and `${Name.Attribute}` in a text; `${!Name}` stands for `${Name}` itself.
    fn substitute(&self, argument: &Value) -> Option<Value> {
        let (text, own) = match argument {
            Value::String(text) => (text.as_str(), None),
            Value::Array(pair) => (pair.first()?.as_str()?, pair.get(1)?.as_object()),
            _ => return None,
        };
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, from) = rest.split_at(start);
            out.push_str(before);
            let Some(end) = from.find('}') else {
                rest = from;
                break;
            };
            let (whole, after) = from.split_at(end + 1);
            let name = &whole[2..end];
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str("${");
                out.push_str(literal);
                out.push('}');
            } else {
                let known = match own.and_then(|own| own.get(name)) {
                    Some(own) => plain(own).filter(|words| self.spend(words.len())),
                    None => self.reference(name).as_ref().and_then(plain),
                };
                match known {
                    Some(words) => out.push_str(&words),
                    None => out.push_str(whole),
                }
            }
            rest = after;
        }
        out.push_str(rest);
        Some(Value::String(out))
    }

    fn join(&self, argument: &Value) -> Option<Value> {
        let pair = argument.as_array()?;
        let separator = pair.first()?.as_str()?;
        let parts: Option<Vec<String>> = pair.get(1)?.as_array()?.iter().map(in_text).collect();
        let parts = parts?;
        let length = separator.len().saturating_mul(parts.len());
        self.spend(length).then(|| Value::from(parts.join(separator)))
    }
}

/// Bytes that a value holds, about.
fn size(value: &Value) -> usize {
    match value {
        Value::String(words) => words.len(),
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + size(value) + 1).sum(),
        _ => 8,
    }
}

fn only_entry(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (key, value) = map.iter().next()?;
    (map.len() == 1 && (key == "Ref" || key.starts_with("Fn::"))).then_some((key, value))
}

fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

fn select(argument: &Value) -> Option<Value> {
    let pair = argument.as_array()?;
    let index = pair.first()?;
    let index = index.as_u64().or_else(|| index.as_str()?.parse().ok())?;
    pair.get(1)?
        .as_array()?
        .get(usize::try_from(index).ok()?)
        .cloned()
}

fn find_in_map(argument: &Value, mappings: &Value) -> Option<Value> {
    let keys = argument.as_array()?;
    let (map, first, second) = (
        keys.first()?.as_str()?,
        keys.get(1)?.as_str()?,
        keys.get(2)?.as_str()?,
    );
    mappings.get(map)?.get(first)?.get(second).cloned()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(words) => Some(words.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// A part of a joined text; an attribute that is not known is written `${Queue.Arn}`.
fn in_text(value: &Value) -> Option<String> {
    if let Some(words) = plain(value) {
        return Some(words);
    }
    if let Some(name) = value.get("Ref").and_then(Value::as_str) {
        return Some(format!("${{{name}}}"));
    }
    let attribute = value.get("Fn::GetAtt")?.as_array()?;
    let words: Vec<&str> = attribute.iter().filter_map(Value::as_str).collect();
    Some(format!("${{{}}}", words.join(".")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn resolved(value: &Value) -> Value {
        let template = Template {
            defaults: BTreeMap::from([("Stage".to_owned(), json!("beta")), ("Size".to_owned(), json!(3))]),
            mappings: json!({"Sizes": {"beta": {"type": "t3.micro"}}}),
            ..Template::default()
        };
        let deployed = Deployed {
            stack: "shop".to_owned(),
            region: "eu-west-1".to_owned(),
            account: "123456789012".to_owned(),
            physical: BTreeMap::from([("Table".to_owned(), "shop-orders".to_owned())]),
            parameters: BTreeMap::from([("Stage".to_owned(), "prod".to_owned())]),
            exports: BTreeMap::from([("net-vpc".to_owned(), "vpc-1".to_owned())]),
        };
        resolve(value, &template, &deployed)
    }

    #[test]
    fn references_to_resources_parameters_and_the_stack_are_known() {
        assert_eq!(
            resolved(
                &json!({"a": {"Ref": "Table"}, "b": {"Ref": "Stage"}, "c": {"Ref": "Size"}, "d": {"Ref": "AWS::Region"}})
            ),
            json!({"a": "shop-orders", "b": "prod", "c": 3, "d": "eu-west-1"})
        );
    }

    #[test]
    fn text_is_put_together_and_literals_are_left() {
        assert_eq!(
            resolved(
                &json!({"Fn::Base64": {"Fn::Sub": "run ${Stage} ${!HOME} ${Table} ${Table.Arn} $(nproc) ${Size}"}})
            ),
            json!("run prod ${HOME} shop-orders ${Table.Arn} $(nproc) 3")
        );
        assert_eq!(
            resolved(&json!({"Fn::Sub": ["${X}-${Stage}", {"X": {"Ref": "Table"}}]})),
            json!("shop-orders-prod")
        );
        assert_eq!(
            resolved(&json!({"Fn::Join": [":", ["a", {"Ref": "Table"}, {"Fn::GetAtt": ["Queue", "Arn"]}]]})),
            json!("a:shop-orders:${Queue.Arn}")
        );
        assert_eq!(resolved(&json!({"Fn::Sub": "${unclosed"})), json!("${unclosed"));
    }

    #[test]
    fn choices_are_made_where_they_are_known() {
        assert_eq!(
            resolved(&json!({"Fn::FindInMap": ["Sizes", "beta", "type"]})),
            json!("t3.micro")
        );
        assert_eq!(resolved(&json!({"Fn::Select": ["1", ["a", "b"]]})), json!("b"));
        assert_eq!(
            resolved(&json!({"Fn::ImportValue": {"Fn::Sub": "net-vpc"}})),
            json!("vpc-1")
        );
        let unknown = json!({"Fn::If": ["IsProd", 1, {"Ref": "Elsewhere"}]});
        assert_eq!(resolved(&unknown), unknown);
    }

    #[test]
    fn what_is_put_together_of_itself_ends() {
        // Each step would be resolved twice, and the next one four times.
        let mut deep = json!("x");
        for _ in 0..60 {
            deep = json!({"Fn::Join": deep});
        }
        assert_eq!(resolved(&deep), deep);
        // Each step is ten times as long as the one before.
        let mut long = json!("0123456789");
        for _ in 0..30 {
            long = json!({"Fn::Sub": ["${a}${a}${a}${a}${a}${a}${a}${a}${a}${a}", {"a": long}]});
        }
        assert!(resolved(&long).to_string().len() < 3 * LARGEST);
        let separated = json!({"Fn::Join": ["-".repeat(100_000), vec!["x"; 1_000]]});
        assert_eq!(resolved(&separated), separated);
    }
}
