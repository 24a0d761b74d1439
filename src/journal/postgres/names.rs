//! What a space is called in the database: its schema, the role that may write to it, the role that owns it.

use crate::journal::canonical::sha256;

/// An identifier of PostgreSQL has 63 bytes at most; longer ones are cut silently, which would let two spaces share a schema.
const LONGEST: usize = 40;

/// Names that belong to one space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// The schema, also the channel on which appends are told, and the role that reads and appends.
    pub(super) schema: String,
    /// The role that owns the schema. No space can be called so: `$` may not stand in the name of one.
    pub(super) owner: String,
}

impl Names {
    pub(super) fn of(space: &str) -> Self {
        let name = if space.len() <= LONGEST {
            space.to_owned()
        } else {
            let (start, hash) = (
                space.get(..LONGEST - 13).unwrap_or(space),
                sha256(space.as_bytes()),
            );
            format!("{start}${}", hash.short())
        };
        let schema = format!("midwatch_{name}");
        Self {
            owner: format!("{schema}$owner"),
            schema,
        }
    }
}

/// An identifier as it stands in SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_spaces_share_a_name_and_none_is_cut() {
        let long = |end: char| format!("{}{end}", "x".repeat(63));
        let (one, two) = (Names::of(&long('a')), Names::of(&long('b')));
        assert_ne!(one.schema, two.schema);
        assert!(one.owner.len() <= 63, "{}", one.owner);
        let short = Names::of("shop-Prod_1");
        assert_eq!(
            (short.schema.as_str(), short.owner.as_str()),
            ("midwatch_shop-Prod_1", "midwatch_shop-Prod_1$owner")
        );
        assert_ne!(
            Names::of("Shop"),
            Names::of("shop"),
            "names are quoted, so case tells apart"
        );
    }
}
