//! Several accounts and regions as one space: ids, questions, roles, refusals, and the commands that keep them.

mod command;
mod places;
mod roles;

use midwatch::config::Account;

const A: &str = "111122223333";
const B: &str = "444455556666";

fn account(id: &str) -> Account {
    Account {
        id: id.to_owned(),
        role: Some(format!("arn:aws:iam::{id}:role/midwatch")),
        ..Account::default()
    }
}
