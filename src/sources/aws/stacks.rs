//! The account's CloudFormation stacks: which there are, what they hold, what their templates say. Kept for a minute.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_cloudformation::types::{Stack as SdkStack, StackStatus, TemplateStage};
use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use super::{
    ask::{Ask, moment},
    gaps, naming,
    template::{Deployed, Template, parse},
};
use crate::{
    aws::{
        AwsError, Factory,
        operations::{DESCRIBE_STACKS, GET_TEMPLATE, LIST_STACK_RESOURCES},
    },
    model::{Gap, GapKind, Resource, ResourceId, Text},
};

/// How long what was learned is good.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// Stacks whose resources are listed at most; the most recently changed come first.
const STACKS: usize = 100;
/// Pages that are read of any listing.
const PAGES: usize = 20;
/// Stacks whose resources are listed at the same time, each call in its turn.
const AT_ONCE: usize = 6;

/// What was learned of the account's stacks.
#[derive(Default)]
pub(super) struct Memory {
    all: Option<(Timestamp, Arc<Vec<Stack>>)>,
    /// Stacks that are there and whose resources are not listed with the others; read one by one where they are asked for.
    beyond: Vec<Stack>,
    templates: BTreeMap<String, (Timestamp, Arc<Declaration>)>,
    /// Set once the endpoint has said that it has no Cloud Control.
    pub no_cloud_control: bool,
}

/// A stack with its resources.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stack {
    pub name: String,
    pub id: String,
    /// When it was last created or updated.
    pub changed: Option<Timestamp>,
    pub parameters: BTreeMap<String, String>,
    /// Values that it exports to other stacks, by export name.
    pub exports: BTreeMap<String, String>,
    /// Id of the stack that holds this one.
    pub parent: Option<String>,
    pub parts: Vec<Part>,
}

impl Stack {
    /// Account that it stands in; empty where its id does not tell.
    pub fn account(&self) -> &str {
        self.id.split(':').nth(4).unwrap_or_default()
    }
}

/// One resource of a stack.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub logical: String,
    pub physical: String,
    pub kind: String,
}

impl Part {
    pub fn id(&self) -> ResourceId {
        naming::resource_id(&self.kind, &self.physical)
    }
}

/// A stack's template with what its references stand for.
pub(super) struct Declaration {
    pub template: Template,
    pub deployed: Deployed,
}

/// Every stack of the account and region with its resources; what failed is in the gaps.
pub(super) async fn all(ask: &mut Ask<'_>) -> Option<Arc<Vec<Stack>>> {
    let now = ask.now();
    let mut memory = ask.source.stacks.lock().await;
    if let Some((at, stacks)) = &memory.all
        && now.duration_since(*at) < FRESH
    {
        return Some(Arc::clone(stacks));
    }
    let mut stacks = describe(ask, PAGES).await?;
    stacks.sort_by(|a, b| (b.changed, &a.name).cmp(&(a.changed, &b.name)));
    if stacks.len() > STACKS {
        ask.gaps.push(gaps::cut(
            "resources of stacks".into(),
            None,
            format!(
                "the {STACKS} most recently changed of {} stacks are read",
                stacks.len()
            ),
            "midwatch topology --refresh reads all of them, and investigations know what it found",
        ));
    }
    let beyond = stacks.split_off(stacks.len().min(STACKS));
    let gaps_before = ask.gaps.len();
    let aws = ask.aws.clone();
    let reading: Vec<_> = stacks.iter().map(|stack| parts(&aws, &stack.name)).collect();
    let read: Vec<_> = stream::iter(reading).buffered(AT_ONCE).collect().await;
    for (stack, outcome) in stacks.iter_mut().zip(read) {
        let what = || Text::from("resources of stack ").ext(stack.name.clone());
        stack.parts = ask.keep(outcome, what, None).unwrap_or_default();
    }
    let stacks = Arc::new(stacks);
    memory.beyond = beyond;
    if ask.gaps.len() == gaps_before {
        memory.all = Some((now, Arc::clone(&stacks)));
    }
    Some(stacks)
}

/// The stack that holds the resource, by the name that it carries or by its id.
pub(super) async fn of(ask: &mut Ask<'_>, resource: &Resource) -> Option<Stack> {
    let stacks = all(ask).await?;
    let name = resource.stack.as_deref();
    let named = name.and_then(|name| stacks.iter().find(|stack| stack.name == name));
    let known = named.or_else(|| {
        stacks
            .iter()
            .find(|stack| stack.parts.iter().any(|part| part.id() == resource.id))
    });
    if let Some(stack) = known {
        return Some(stack.clone());
    }
    beyond(ask, name?).await
}

/// The stack of that name where it is one of those whose resources were not listed with the others.
async fn beyond(ask: &mut Ask<'_>, name: &str) -> Option<Stack> {
    let mut stack = {
        let memory = ask.source.stacks.lock().await;
        memory.beyond.iter().find(|stack| stack.name == name)?.clone()
    };
    if stack.parts.is_empty() {
        let outcome = parts(&ask.aws, name).await;
        let what = || Text::from("resources of stack ").ext(name);
        stack.parts = ask.keep(outcome, what, None)?;
        let mut memory = ask.source.stacks.lock().await;
        let kept = memory.beyond.iter_mut().find(|kept| kept.id == stack.id);
        if let Some(kept) = kept {
            kept.parts.clone_from(&stack.parts);
        }
    }
    Some(stack)
}

/// What the stack's template declares.
pub(super) async fn declaration(ask: &mut Ask<'_>, stack: &Stack) -> Option<Arc<Declaration>> {
    let known = {
        let memory = ask.source.stacks.lock().await;
        memory
            .templates
            .get(&stack.id)
            .map(|(at, declaration)| (*at, Arc::clone(declaration)))
    };
    if let Some((at, declaration)) = known
        && Some(at) == stack.changed
    {
        return Some(declaration);
    }
    let exports = match all(ask).await {
        Some(stacks) => stacks.iter().flat_map(|stack| stack.exports.clone()).collect(),
        None => BTreeMap::new(),
    };
    let declaration = Arc::new(declared(ask, stack, exports).await?);
    if let Some(at) = stack.changed {
        let mut memory = ask.source.stacks.lock().await;
        memory
            .templates
            .insert(stack.id.clone(), (at, Arc::clone(&declaration)));
    }
    Some(declaration)
}

/// What the stack's template declares, read now.
pub(super) async fn declared(
    ask: &mut Ask<'_>,
    stack: &Stack,
    exports: BTreeMap<String, String>,
) -> Option<Declaration> {
    let what = || Text::from("template of stack ").ext(stack.name.clone());
    let client = ask.aws.cloudformation();
    let outcome = ask
        .aws
        .call(GET_TEMPLATE, || {
            client
                .get_template()
                .stack_name(&stack.name)
                // With transforms (SAM, macros) already applied.
                .template_stage(TemplateStage::Processed)
                .send()
        })
        .await;
    let body = ask.keep(outcome, what, None)?;
    let template = match parse(body.template_body().unwrap_or_default()) {
        Ok(template) => template,
        Err(error) => {
            ask.gaps.push(Gap {
                kind: GapKind::Failed,
                what: what(),
                resource: None,
                why: Text::new().ext(error.to_string()),
                hint: None,
            });
            return None;
        }
    };
    Some(Declaration {
        template,
        deployed: Deployed {
            stack: stack.name.clone(),
            region: ask.aws.region().to_owned(),
            account: stack.account().to_owned(),
            physical: stack
                .parts
                .iter()
                .map(|part| (part.logical.clone(), part.physical.clone()))
                .collect(),
            parameters: stack.parameters.clone(),
            exports,
        },
    })
}

/// The account's stacks without their resources.
pub(super) async fn describe(ask: &mut Ask<'_>, pages: usize) -> Option<Vec<Stack>> {
    let client = ask.aws.cloudformation();
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..pages {
        let request = client.describe_stacks().set_next_token(token.take());
        let outcome = ask.aws.call(DESCRIBE_STACKS, || request.clone().send()).await;
        let page = ask.keep(outcome, || "stacks".into(), None)?;
        found.extend(page.stacks().iter().filter_map(read));
        token = page.next_token().map(ToOwned::to_owned);
        if token.is_none() {
            break;
        }
    }
    Some(found)
}

fn read(stack: &SdkStack) -> Option<Stack> {
    if matches!(
        stack.stack_status(),
        Some(StackStatus::DeleteComplete | StackStatus::ReviewInProgress)
    ) {
        return None;
    }
    let changed = stack.last_updated_time().or_else(|| stack.creation_time());
    Some(Stack {
        name: stack.stack_name()?.to_owned(),
        id: stack.stack_id().unwrap_or_default().to_owned(),
        changed: changed.and_then(moment),
        parameters: stack
            .parameters()
            .iter()
            .filter_map(|parameter| {
                let value = parameter
                    .resolved_value()
                    .or_else(|| parameter.parameter_value())?;
                Some((parameter.parameter_key()?.to_owned(), value.to_owned()))
            })
            .collect(),
        exports: stack
            .outputs()
            .iter()
            .filter_map(|output| {
                Some((
                    output.export_name()?.to_owned(),
                    output.output_value()?.to_owned(),
                ))
            })
            .collect(),
        parent: stack.parent_id().map(ToOwned::to_owned),
        parts: Vec::new(),
    })
}

/// The resources of a stack.
pub(super) async fn parts(aws: &Factory, stack: &str) -> Result<Vec<Part>, AwsError> {
    let client = aws.cloudformation();
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let request = client
            .list_stack_resources()
            .stack_name(stack)
            .set_next_token(token.take());
        let page = aws.call(LIST_STACK_RESOURCES, || request.clone().send()).await?;
        found.extend(page.stack_resource_summaries().iter().filter_map(|summary| {
            let part = Part {
                logical: summary.logical_resource_id()?.to_owned(),
                physical: summary.physical_resource_id()?.to_owned(),
                kind: summary.resource_type()?.to_owned(),
            };
            // A resource that was never made has no physical id; some endpoints answer with empty words then.
            (!part.physical.is_empty() && !part.kind.is_empty()).then_some(part)
        }));
        token = page.next_token().map(ToOwned::to_owned);
        if token.is_none() {
            break;
        }
    }
    Ok(found)
}
