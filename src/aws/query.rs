//! EC2 calls in its Query protocol: aws-sdk-ec2 would cost ten minutes of compile time.
//!
//! Form-encoded POST, XML answer ("Amazon EC2 API Reference", version 2016-11-15).

use std::collections::BTreeMap;

use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use base64::Engine;
use serde::Serialize;

use super::{
    AwsError, ErrorKind, Factory, Operation,
    operations::{DESCRIBE_INSTANCE_ATTRIBUTE, DESCRIBE_INSTANCES},
    signed::{self, Protocol},
};

/// Version of the EC2 API.
const VERSION: &str = "2016-11-15";

const EC2: Protocol = Protocol {
    host: "ec2",
    content_type: "application/x-www-form-urlencoded; charset=utf-8",
    read_error,
};

/// One EC2 instance, as far as an investigation asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Instance {
    /// `i-...`.
    pub instance_id: String,
    /// `t3.micro`.
    pub instance_type: String,
    /// `ami-...`.
    pub image_id: String,
    /// RFC 3339.
    pub launch_time: String,
    /// `running`, `stopped` ...
    pub state: String,
    /// Why it was stopped or ended, where EC2 says so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state_reason: String,
    /// Availability Zone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub availability_zone: String,
    /// `vpc-...`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub vpc_id: String,
    /// `subnet-...`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subnet_id: String,
    /// ARN of the instance profile.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub iam_instance_profile: String,
    /// `sg-...`.
    pub security_group_ids: Vec<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// The instances of those ids (at most 100); of none, the first 50 of the region.
///
/// # Errors
/// When EC2 cannot be asked.
pub async fn describe_instances(aws: &Factory, ids: &[String]) -> Result<Vec<Instance>, AwsError> {
    let mut form: Vec<(String, String)> = ids
        .iter()
        .take(100)
        .enumerate()
        .map(|(index, id)| (format!("InstanceId.{}", index + 1), id.clone()))
        .collect();
    if form.is_empty() {
        form.push(("MaxResults".to_owned(), "50".to_owned()));
    }
    let xml = call(aws, DESCRIBE_INSTANCES, &form).await?;
    read_instances(&xml).map_err(|error| unreadable(DESCRIBE_INSTANCES, &error))
}

/// Every instance of the region, page by page.
///
/// # Errors
/// When EC2 cannot be asked.
pub async fn all_instances(aws: &Factory) -> Result<Vec<Instance>, AwsError> {
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut form = vec![("MaxResults".to_owned(), "1000".to_owned())];
        form.extend(token.take().map(|token| ("NextToken".to_owned(), token)));
        let xml = call(aws, DESCRIBE_INSTANCES, &form).await?;
        let page = read_instances(&xml).map_err(|error| unreadable(DESCRIBE_INSTANCES, &error))?;
        let fresh = !page.is_empty();
        found.extend(page);
        token = read_token(&xml).filter(|_| fresh);
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// Where the next page begins.
fn read_token(xml: &str) -> Option<String> {
    let mut document = Document::new(xml);
    let mut root = document.root_element().ok()?;
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().matches("nextToken") {
            return text(&mut tag).ok().filter(|token| !token.is_empty());
        }
    }
    None
}

/// What the instance runs at launch: its user data, decoded from base64. None when it has none.
///
/// # Errors
/// When EC2 cannot be asked.
pub async fn user_data(aws: &Factory, instance: &str) -> Result<Option<String>, AwsError> {
    let form = [
        ("InstanceId".to_owned(), instance.to_owned()),
        ("Attribute".to_owned(), "userData".to_owned()),
    ];
    let xml = call(aws, DESCRIBE_INSTANCE_ATTRIBUTE, &form).await?;
    let encoded = read_user_data(&xml).map_err(|error| unreadable(DESCRIBE_INSTANCE_ATTRIBUTE, &error))?;
    Ok(encoded.map(|encoded| decode_user_data(&encoded)))
}

/// User data as text: base64 decoded where it is base64, and a note where it is not text (gzip).
pub fn decode_user_data(encoded: &str) -> String {
    let packed: String = encoded.split_whitespace().collect();
    match base64::engine::general_purpose::STANDARD.decode(&packed) {
        Ok(bytes) => String::from_utf8(bytes)
            .unwrap_or_else(|error| format!("({} bytes that are not text)", error.as_bytes().len())),
        Err(_) => encoded.to_owned(),
    }
}

async fn call(
    aws: &Factory,
    operation: &'static Operation,
    form: &[(String, String)],
) -> Result<String, AwsError> {
    signed::call(aws, operation, &EC2, &[], &encode(operation.name, form)).await
}

/// `application/x-www-form-urlencoded` with the unreserved characters of RFC 3986.
fn encode(action: &str, form: &[(String, String)]) -> String {
    let mut body = format!("Action={action}&Version={VERSION}");
    for (name, value) in form {
        body.push('&');
        percent(&mut body, name);
        body.push('=');
        percent(&mut body, value);
    }
    body
}

/// Percent-encodes all but the unreserved characters.
pub(super) fn percent(out: &mut String, words: &str) {
    for byte in words.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
}

fn unreadable(operation: &Operation, error: &XmlError) -> AwsError {
    AwsError::new(
        ErrorKind::Other,
        operation,
        &format!("unreadable answer: {error}"),
    )
}

type XmlError = aws_smithy_xml::decode::XmlDecodeError;

/// Code and message of an EC2 error answer.
fn read_error(xml: &str) -> Option<(String, String)> {
    let mut document = Document::new(xml);
    let (mut code, mut message) = (String::new(), String::new());
    let mut root = document.root_element().ok()?;
    if !root.start_el().matches("Response") {
        return None;
    }
    while let Some(mut errors) = root.next_tag() {
        while let Some(mut error) = errors.next_tag() {
            while let Some(mut field) = error.next_tag() {
                match field.start_el().local() {
                    "Code" => code = text(&mut field).ok()?,
                    "Message" => message = text(&mut field).ok()?,
                    _ => {}
                }
            }
        }
    }
    (!code.is_empty()).then_some((code, message))
}

fn read_user_data(xml: &str) -> Result<Option<String>, XmlError> {
    let mut document = Document::new(xml);
    let mut root = document.root_element()?;
    let mut found = None;
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().matches("userData") {
            while let Some(mut value) = tag.next_tag() {
                if value.start_el().matches("value") {
                    found = Some(text(&mut value)?).filter(|value| !value.is_empty());
                }
            }
        }
    }
    Ok(found)
}

fn read_instances(xml: &str) -> Result<Vec<Instance>, XmlError> {
    let mut document = Document::new(xml);
    let mut root = document.root_element()?;
    let mut instances = Vec::new();
    while let Some(mut set) = root.next_tag() {
        if !set.start_el().matches("reservationSet") {
            continue;
        }
        while let Some(mut reservation) = set.next_tag() {
            while let Some(mut part) = reservation.next_tag() {
                if !part.start_el().matches("instancesSet") {
                    continue;
                }
                while let Some(mut item) = part.next_tag() {
                    instances.push(read_instance(&mut item)?);
                }
            }
        }
    }
    instances.sort_by(|a, b| a.instance_id.cmp(&b.instance_id));
    Ok(instances)
}

fn read_instance(item: &mut ScopedDecoder<'_, '_>) -> Result<Instance, XmlError> {
    let mut instance = Instance::default();
    while let Some(mut field) = item.next_tag() {
        match field.start_el().local() {
            "instanceId" => instance.instance_id = text(&mut field)?,
            "instanceType" => instance.instance_type = text(&mut field)?,
            "imageId" => instance.image_id = text(&mut field)?,
            "launchTime" => instance.launch_time = text(&mut field)?,
            "vpcId" => instance.vpc_id = text(&mut field)?,
            "subnetId" => instance.subnet_id = text(&mut field)?,
            "instanceState" => instance.state = child(&mut field, "name")?,
            "stateReason" => instance.state_reason = child(&mut field, "message")?,
            "placement" => instance.availability_zone = child(&mut field, "availabilityZone")?,
            "iamInstanceProfile" => instance.iam_instance_profile = child(&mut field, "arn")?,
            "groupSet" => {
                while let Some(mut group) = field.next_tag() {
                    instance.security_group_ids.push(child(&mut group, "groupId")?);
                }
            }
            "tagSet" => {
                while let Some(mut tag) = field.next_tag() {
                    let (mut key, mut value) = (String::new(), String::new());
                    while let Some(mut half) = tag.next_tag() {
                        match half.start_el().local() {
                            "key" => key = text(&mut half)?,
                            "value" => value = text(&mut half)?,
                            _ => {}
                        }
                    }
                    instance.tags.insert(key, value);
                }
            }
            _ => {}
        }
    }
    Ok(instance)
}

/// Text of the named child, or nothing.
fn child(field: &mut ScopedDecoder<'_, '_>, name: &str) -> Result<String, XmlError> {
    let mut found = String::new();
    while let Some(mut tag) = field.next_tag() {
        if tag.start_el().matches(name) {
            found = text(&mut tag)?;
        }
    }
    Ok(found)
}

fn text(field: &mut ScopedDecoder<'_, '_>) -> Result<String, XmlError> {
    Ok(try_data(field)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_read_from_the_answer_with_what_is_not_known_left_out() {
        let xml = r#"<?xml version="1.0"?>
            <DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
              <requestId>r</requestId>
              <reservationSet><item><reservationId>r-1</reservationId>
                <instancesSet><item>
                  <instanceId>i-1</instanceId><imageId>ami-1</imageId>
                  <instanceState><code>16</code><name>running</name></instanceState>
                  <instanceType>t3.micro</instanceType>
                  <launchTime>2026-01-02T03:04:05.000Z</launchTime>
                  <placement><availabilityZone>eu-west-1a</availabilityZone><tenancy>default</tenancy></placement>
                  <blockDeviceMapping><item><ebs><status>attached</status></ebs></item></blockDeviceMapping>
                  <groupSet><item><groupId>sg-1</groupId><groupName>web</groupName></item></groupSet>
                  <tagSet><item><key>Name</key><value>R&amp;D</value></item></tagSet>
                </item></instancesSet></item></reservationSet>
            </DescribeInstancesResponse>"#;
        let instances = read_instances(xml).unwrap();
        assert_eq!(instances.len(), 1);
        let instance = &instances[0];
        assert_eq!(instance.instance_id, "i-1");
        assert_eq!(instance.state, "running");
        assert_eq!(instance.launch_time, "2026-01-02T03:04:05.000Z");
        assert_eq!(instance.availability_zone, "eu-west-1a");
        assert_eq!(instance.security_group_ids, ["sg-1"]);
        assert_eq!(instance.tags["Name"], "R&D");
        assert_eq!(instance.vpc_id, "");
    }

    #[test]
    fn errors_are_read_with_code_and_message() {
        let xml = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized</Message>\
                   </Error></Errors><RequestID>r</RequestID></Response>";
        assert_eq!(
            read_error(xml),
            Some((
                "UnauthorizedOperation".to_owned(),
                "You are not authorized".to_owned()
            ))
        );
        assert_eq!(read_error("<html><body>no</body></html>"), None);
    }

    #[test]
    fn user_data_is_decoded_or_described() {
        let xml = "<DescribeInstanceAttributeResponse><instanceId>i-1</instanceId><userData>\
                   <value>IyEvYmluL2Jhc2gK\nZWNobyBoaQo=</value></userData></DescribeInstanceAttributeResponse>";
        let encoded = read_user_data(xml).unwrap().unwrap();
        assert_eq!(decode_user_data(&encoded), "#!/bin/bash\necho hi\n");
        assert_eq!(read_user_data("<R><userData/></R>").unwrap(), None);
        assert_eq!(
            decode_user_data("H4sIAAAAAAAAA/8="),
            "(11 bytes that are not text)"
        );
        assert_eq!(decode_user_data("#!/bin/sh"), "#!/bin/sh");
    }

    #[test]
    fn form_values_are_percent_encoded() {
        assert_eq!(
            encode(
                "DescribeInstances",
                &[("InstanceId.1".to_owned(), "i 1&x".to_owned())]
            ),
            "Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i%201%26x"
        );
    }
}
