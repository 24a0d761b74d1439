//! Template text, JSON or YAML with CloudFormation's short tags, to a [`Template`].

use serde_json::{Map, Value};
use serde_yaml_ng as yaml;

use super::{Declared, Template, TemplateError};

/// Reads a template.
///
/// # Errors
/// When the text is neither JSON nor YAML, or has no resources.
pub fn parse(body: &str) -> Result<Template, TemplateError> {
    let document = match serde_json::from_str::<Value>(body) {
        Ok(document) => document,
        Err(_) => long_form(yaml::from_str(body).map_err(|error| TemplateError::Syntax(error.to_string()))?),
    };
    let Some(Value::Object(declared)) = document.get("Resources") else {
        return Err(TemplateError::NoResources);
    };
    let resources = declared
        .iter()
        .filter_map(|(logical, resource)| {
            let kind = resource.get("Type")?.as_str()?.to_owned();
            let properties = resource.get("Properties").cloned().unwrap_or(Value::Null);
            Some((logical.clone(), Declared { kind, properties }))
        })
        .collect();
    let defaults = document
        .get("Parameters")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, parameter)| Some((name.clone(), parameter.get("Default")?.clone())))
        .collect();
    let mappings = document.get("Mappings").cloned().unwrap_or(Value::Null);
    Ok(Template {
        resources,
        defaults,
        mappings,
    })
}

/// YAML to JSON; `!Ref X` becomes `{"Ref": "X"}`, `!Sub X` becomes `{"Fn::Sub": "X"}` and so on.
fn long_form(value: yaml::Value) -> Value {
    match value {
        yaml::Value::Null => Value::Null,
        yaml::Value::Bool(truth) => Value::Bool(truth),
        yaml::Value::Number(number) => number
            .as_i64()
            .map(Value::from)
            .or_else(|| number.as_u64().map(Value::from))
            .or_else(|| number.as_f64().map(Value::from))
            .unwrap_or(Value::Null),
        yaml::Value::String(words) => Value::String(words),
        yaml::Value::Sequence(items) => items.into_iter().map(long_form).collect(),
        yaml::Value::Mapping(pairs) => Value::Object(
            pairs
                .into_iter()
                .map(|(key, value)| (key_word(&key), long_form(value)))
                .collect(),
        ),
        yaml::Value::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = tag.trim_start_matches('!');
            let value = long_form(tagged.value);
            let (key, value) = match name {
                "Ref" | "Condition" => (name.to_owned(), value),
                "GetAtt" => ("Fn::GetAtt".to_owned(), attribute_pair(value)),
                _ => (format!("Fn::{name}"), value),
            };
            Value::Object(Map::from_iter([(key, value)]))
        }
    }
}

/// `"Queue.Arn"` as `["Queue", "Arn"]`, the form that JSON templates use.
fn attribute_pair(value: Value) -> Value {
    match value.as_str().and_then(|words| words.split_once('.')) {
        Some((logical, attribute)) => Value::from(vec![logical, attribute]),
        None => value,
    }
}

fn key_word(key: &yaml::Value) -> String {
    match key {
        yaml::Value::String(words) => words.clone(),
        yaml::Value::Bool(truth) => truth.to_string(),
        yaml::Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_tags_become_long_forms() {
        let template = parse(
            "Parameters:\n  Stage: {Type: String, Default: beta}\n\
             Resources:\n  Instance:\n    Type: AWS::EC2::Instance\n    Properties:\n      ImageId: !Ref Image\n      \
             Role: !GetAtt Role.Arn\n      Name: !Sub '${Stage}-web'\n      UserData:\n        Fn::Base64: !Sub |\n          \
             #!/bin/bash\n          echo ${Stage}\n      Zones: !GetAZs ''\n      Port: 8080\n  Broken: {Note: no type}\n",
        )
        .unwrap();
        assert_eq!(template.defaults["Stage"], json!("beta"));
        assert_eq!(template.resources.len(), 1);
        assert_eq!(
            template.resources["Instance"].properties,
            json!({
                "ImageId": {"Ref": "Image"},
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Name": {"Fn::Sub": "${Stage}-web"},
                "UserData": {"Fn::Base64": {"Fn::Sub": "#!/bin/bash\necho ${Stage}\n"}},
                "Zones": {"Fn::GetAZs": ""},
                "Port": 8080,
            })
        );
    }

    #[test]
    fn json_templates_are_read_too() {
        let template = parse(r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}"#).unwrap();
        assert_eq!(template.resources["Q"].kind, "AWS::SQS::Queue");
    }

    #[test]
    fn what_is_no_template_is_refused() {
        assert!(matches!(parse("a: [1"), Err(TemplateError::Syntax(_))));
        assert_eq!(parse("a: 1"), Err(TemplateError::NoResources));
        assert_eq!(parse(""), Err(TemplateError::NoResources));
    }
}
