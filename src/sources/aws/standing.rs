//! Where a source stands in a space of several accounts: which place it reads, which part of it, and whether it gets in.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::{Mutex, OnceCell};

use super::{ask::Ask, discovery::Chosen, gaps, identity};
use crate::{
    config::Account,
    model::{Evidence, Gap, GapKind, Identity, Place, Relation, Resource, ResourceId, Text},
};

/// Where a source stands in a space of several accounts.
#[derive(Debug)]
pub struct Standing {
    /// The account and region that it reads.
    pub place: Place,
    /// The account as people know it.
    label: Text,
    /// Which of its resources are discovered.
    only: Only,
    /// The account is not entered by a role: the credentials at hand have to be its own.
    at_hand: bool,
    /// Set once that is known.
    verified: OnceCell<()>,
    /// Ids of the resources that are discovered, once they were listed; with a filter alone.
    kept: Mutex<Option<BTreeSet<ResourceId>>>,
}

impl Standing {
    /// A source of `account` in `region`.
    pub fn new(account: &Account, region: &str) -> Self {
        Self {
            place: Place::new(&account.id, region),
            label: label(account),
            only: Only::of(account),
            at_hand: account.role.is_none(),
            verified: OnceCell::new(),
            kept: Mutex::default(),
        }
    }

    /// What is discovered of it.
    pub fn chosen(&self) -> Chosen {
        Chosen {
            stacks: self.only.stacks.iter().cloned().collect(),
            tags: self.only.tags.clone(),
        }
    }

    /// The account as people know it: what gaps about the account as a whole are about.
    pub const fn label(&self) -> &Text {
        &self.label
    }
}

/// The account as people know it.
pub fn label(account: &Account) -> Text {
    let text = Text::from("account ").own(account.id.clone());
    match &account.name {
        Some(name) => text.own(" (").ext(name.clone()).own(")"),
        None => text,
    }
}

/// Which resources of an account are discovered: those of the stacks, and those with one of the tags; all, where neither is
/// named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Only {
    stacks: BTreeSet<String>,
    tags: BTreeMap<String, Vec<String>>,
}

impl Only {
    /// As the account's configuration says.
    pub fn of(account: &Account) -> Self {
        // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID
        let name = |stack: &String| match stack.split_once(":stack/") {
            Some((_, rest)) => rest.split('/').next().unwrap_or(rest).to_owned(),
            None => stack.clone(),
        };
        Self {
            stacks: account.stacks.iter().map(name).collect(),
            tags: account.tags.clone(),
        }
    }

    /// True when everything is discovered.
    pub fn is_all(&self) -> bool {
        self.stacks.is_empty() && self.tags.is_empty()
    }

    /// True when `resource` is discovered.
    pub fn keeps(&self, resource: &Resource) -> bool {
        let stack = match resource.is_container() {
            true => Some(&resource.name),
            false => resource.stack.as_ref(),
        };
        let tagged = |(key, values): (&String, &Vec<String>)| {
            let value = resource.tags.get(key);
            value.is_some_and(|value| values.is_empty() || values.contains(value))
        };
        self.is_all() || stack.is_some_and(|name| self.stacks.contains(name)) || self.tags.iter().any(tagged)
    }
}

impl Standing {
    /// Whether the account may be asked at all: its role can be assumed, or the credentials at hand are its own. A refusal is
    /// not remembered, so that a mended role serves the next question.
    pub(super) async fn enter(&self, ask: &mut Ask<'_>) -> Result<(), Gap> {
        if let Err(error) = ask.aws.ready().await {
            return Err(gaps::gap(&error, self.label.clone(), None));
        }
        if !self.at_hand {
            return Ok(());
        }
        // Found out once, for all who ask at the same time.
        let verified = self.verified.get_or_try_init(|| self.verify(ask)).await;
        match verified {
            Err(Some(gap)) => Err(gap),
            // Who cannot be told apart is let in: the call that is denied says so itself.
            Ok(()) | Err(None) => Ok(()),
        }
    }

    /// Whether the credentials at hand are of this account; an error without a gap where that cannot be told.
    async fn verify(&self, ask: &mut Ask<'_>) -> Result<(), Option<Gap>> {
        let before = ask.gaps.len();
        let told = identity::answer(ask).await;
        ask.gaps.truncate(before);
        let Some(Evidence::Identity(Identity {
            account: Some(account),
            ..
        })) = told
        else {
            return Err(None);
        };
        if account == self.place.account {
            return Ok(());
        }
        Err(Some(Gap {
            kind: GapKind::Credentials,
            what: self.label.clone(),
            resource: None,
            why: Text::from("the AWS credentials at hand are of account ").ext(account),
            hint: Some(
                Text::from("give the account a role: midwatch account add ")
                    .own(self.place.account.clone())
                    .own(" --role ARN; or a --profile whose credentials are its own"),
            ),
        }))
    }

    /// Leaves out of an inventory what is not discovered.
    pub(super) async fn narrow(&self, resources: &mut Vec<Resource>) {
        if self.only.is_all() {
            return;
        }
        resources.retain(|resource| self.only.keeps(resource));
        let ids = resources.iter().map(|resource| resource.id.clone());
        *self.kept.lock().await = Some(ids.collect());
    }

    /// Leaves out relations between resources that are not discovered. False when it is not known yet which are.
    pub(super) async fn narrow_relations(&self, relations: &mut Vec<Relation>) -> bool {
        if self.only.is_all() {
            return true;
        }
        let Some(kept) = &*self.kept.lock().await else {
            return false;
        };
        // What stands in another place is that place's own business.
        let in_sight = |id: &ResourceId| kept.contains(id) || id.split().1.is_some();
        relations.retain(|relation| in_sight(&relation.from) && in_sight(&relation.to));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_and_tags_narrow_what_is_discovered() {
        let mut account = Account {
            id: "111122223333".to_owned(),
            ..Account::default()
        };
        let mut orders = Resource::new("orders", "AWS::Lambda::Function", "orders");
        orders.stack = Some("shop".to_owned());
        let mut mailer = Resource::new("mailer", "AWS::Lambda::Function", "mailer");
        mailer.tags.insert("team".to_owned(), "mail".to_owned());
        let keeps = |account: &Account| [&orders, &mailer].map(|resource| Only::of(account).keeps(resource));
        assert_eq!(keeps(&account), [true, true]);
        account.stacks = vec!["arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b".to_owned()];
        assert_eq!(keeps(&account), [true, false]);
        account.tags.insert("team".to_owned(), Vec::new());
        assert_eq!(keeps(&account), [true, true]);
        account.tags.insert("team".to_owned(), vec!["shop".to_owned()]);
        account.stacks.clear();
        assert_eq!(keeps(&account), [false, false]);
    }
}
