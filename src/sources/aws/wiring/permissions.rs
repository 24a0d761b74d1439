//! What policy statements say about the flow of work.

use serde_json::Value;

use crate::model::RelationKind;

/// How a permitted action acts, or none where it says nothing about the flow of work (describing, logging). Taking work from
/// a queue or a stream means that this one triggers whoever may do it: the relation runs the other way.
pub(super) fn permitted(action: &str) -> Option<RelationKind> {
    let (service, verb) = action.split_once(':')?;
    let reads = ["Get", "BatchGet", "Query", "Scan", "Select", "List", "Head"];
    match (service, verb) {
        ("lambda", "InvokeFunction" | "InvokeAsync" | "*")
        | ("states", "StartExecution" | "StartSyncExecution" | "*")
        | ("execute-api", _) => Some(RelationKind::Calls),
        ("sqs", "ReceiveMessage")
        | ("kinesis", "GetRecords" | "SubscribeToShard")
        | ("dynamodb", "GetRecords") => Some(RelationKind::Triggers),
        ("kinesis", verb) => verb.starts_with("Put").then_some(RelationKind::Writes),
        ("dynamodb", "GetShardIterator" | "ListStreams") => None,
        ("dynamodb" | "s3", verb) if verb.starts_with("Describe") => None,
        ("dynamodb" | "s3", verb) if reads.iter().any(|read| verb.starts_with(read)) => {
            Some(RelationKind::Reads)
        }
        ("sqs", "SendMessage" | "SendMessageBatch" | "*")
        | ("sns", "Publish" | "*")
        | ("events", "PutEvents" | "*")
        | ("firehose", "PutRecord" | "PutRecordBatch" | "*")
        | ("dynamodb" | "s3", _) => Some(RelationKind::Writes),
        ("secretsmanager" | "ssm" | "kms", _) => Some(RelationKind::Uses),
        _ => None,
    }
}

pub(super) fn actions(statement: &Value) -> impl Iterator<Item = &str> {
    let (one, many) = match statement.get("Action") {
        Some(Value::String(action)) => (Some(action.as_str()), None),
        Some(Value::Array(actions)) => (None, Some(actions)),
        _ => (None, None),
    };
    one.into_iter()
        .chain(many.into_iter().flatten().filter_map(Value::as_str))
}

/// Every policy statement below `value`.
pub(super) fn find_statements<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            if map.contains_key("Effect") && map.contains_key("Action") {
                found.push(value);
            } else {
                map.values().for_each(|value| find_statements(value, found));
            }
        }
        Value::Array(items) => items.iter().for_each(|value| find_statements(value, found)),
        _ => {}
    }
}
