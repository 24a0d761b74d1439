//! Which account and region the cluster of a connection stands in.

use super::Eks;
use crate::{
    config::{Account, Association, Connection, Space},
    model::Text,
    net::Net,
    sources::aws::accounts::{Accounts, home, regions},
};

impl Eks {
    /// The cluster of a connection as `space` may see it: in the account and region that the connection names, or in the space's
    /// first ones. Sends nothing.
    ///
    /// # Errors
    /// When the connection names no cluster, or an account that the space does not have.
    pub async fn of_space(
        name: &str,
        connection: &Connection,
        association: &Association,
        space: &Space,
        accounts: &Accounts,
        net: &Net,
    ) -> Result<Self, Text> {
        let of_id = |id: &String| space.accounts.iter().find(|account| account.id == *id);
        let first = space.accounts.first();
        let account = match &connection.account {
            Some(id) => match of_id(id) {
                Some(account) => account.clone(),
                None if space.accounts.is_empty() => Account {
                    id: id.clone(),
                    ..Account::default()
                },
                None => {
                    return Err(Text::from("the cluster of connection ").ext(name).own(format!(
                        " stands in account {id}, which this space does not have\nhint: midwatch account add {id} --role ARN"
                    )));
                }
            },
            None => first.cloned().unwrap_or_default(),
        };
        let region = |account: &Account| regions(space, account).first().cloned();
        let home = home(space);
        let connection = Connection {
            account: connection
                .account
                .clone()
                .or_else(|| first.map(|account| account.id.clone())),
            region: connection.region.clone().or_else(|| region(&account)),
            ..connection.clone()
        };
        let factory = accounts
            .factory(&account, connection.region.as_deref())
            .await
            .map_err(|error| Text::from(error.to_string()))?;
        Self::new(name, &connection, association, &factory, net, home)
    }
}
