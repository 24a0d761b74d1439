//! Accounts in the configuration file: `[[spaces.NAME.accounts]]`.

use color_eyre::eyre::{Result, eyre};
use toml_edit::{Array, ArrayOfTables, InlineTable, Item, Table, Value, value};

use crate::config::{Account, edit::Edit};

/// Adds an account to a space: first where it is the primary one, else last.
pub(super) fn put(edit: &mut Edit, space: &str, account: &Account, primary: bool) -> Result<()> {
    let accounts = accounts(edit, space)?;
    if primary {
        let others = std::mem::take(accounts);
        accounts.push(table(account));
        others.into_iter().for_each(|other| accounts.push(other));
        // Tables are written by their place in the old file otherwise.
        accounts.iter_mut().for_each(|table| table.set_position(None));
    } else {
        accounts.push(table(account));
    }
    Ok(())
}

/// Takes an account out of a space.
pub(super) fn take(edit: &mut Edit, space: &str, id: &str) -> Result<()> {
    let accounts = accounts(edit, space)?;
    accounts.retain(|table| table.get("id").and_then(Item::as_str) != Some(id));
    if accounts.is_empty() {
        edit.remove(&["spaces", space], "accounts");
    }
    Ok(())
}

/// The accounts of a space as tables, however they were written.
fn accounts<'a>(edit: &'a mut Edit, space: &str) -> Result<&'a mut ArrayOfTables> {
    let odd = || {
        eyre!(
            "[spaces.{space}] is not written as a table\nhint: write it as [[spaces.{space}.accounts]], then try again"
        )
    };
    let table = edit.table(&["spaces", space]).ok_or_else(odd)?;
    let item = table
        .entry("accounts")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if !item.is_array_of_tables() {
        *item = match std::mem::take(item).into_array_of_tables() {
            Ok(tables) => Item::ArrayOfTables(tables),
            Err(_) => return Err(odd()),
        };
    }
    item.as_array_of_tables_mut().ok_or_else(odd)
}

fn table(account: &Account) -> Table {
    let mut table = Table::new();
    table["id"] = value(&account.id);
    for (key, word) in [
        ("name", &account.name),
        ("role", &account.role),
        ("external_id", &account.external_id),
        ("profile", &account.profile),
    ] {
        if let Some(word) = word {
            table[key] = value(word);
        }
    }
    let array = |words: &[String]| words.iter().collect::<Array>();
    for (key, words) in [("regions", &account.regions), ("stacks", &account.stacks)] {
        if !words.is_empty() {
            table[key] = value(array(words));
        }
    }
    if !account.tags.is_empty() {
        let tags = account.tags.iter();
        let tags: InlineTable = tags
            .map(|(key, values)| (key, Value::Array(array(values))))
            .collect();
        table["tags"] = value(tags);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str) -> Account {
        Account {
            id: id.to_owned(),
            tags: [("team".to_owned(), vec!["mail".to_owned()])].into(),
            ..Account::default()
        }
    }

    #[test]
    fn accounts_are_put_and_taken_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let text = "# mine\n[spaces.shop]\nregions = [\"eu-west-1\"] # both\naccounts = [{ id = \"111122223333\" }]\n\n[console]\nascii = true\n";
        std::fs::write(&path, text).unwrap();
        let mut edit = Edit::open(&path).unwrap();
        put(&mut edit, "shop", &account("444455556666"), false).unwrap();
        put(&mut edit, "shop", &account("777788889999"), true).unwrap();
        let config = edit.save().unwrap();
        let ids: Vec<&str> = config.spaces["shop"]
            .accounts
            .iter()
            .map(|account| account.id.as_str())
            .collect();
        assert_eq!(ids, ["777788889999", "111122223333", "444455556666"]);
        assert_eq!(config.spaces["shop"].accounts[0], account("777788889999"));
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(
            written.contains("# mine") && written.contains("# both"),
            "{written}"
        );
        let mut edit = Edit::open(&path).unwrap();
        for id in ids {
            take(&mut edit, "shop", id).unwrap();
        }
        let config = edit.save().unwrap();
        assert!(config.spaces["shop"].accounts.is_empty() && config.ascii);
        assert_eq!(config.spaces["shop"].regions, ["eu-west-1"]);
    }
}
