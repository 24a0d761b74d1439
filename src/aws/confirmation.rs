//! An operator's word that something may be sent which changes something at AWS.

/// An operator has seen what will be sent, and said yes. Without one the factory sends nothing that writes to AWS Support.
///
/// It is made where an operator answers, and nowhere else: a test reads the code for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    operator: String,
}

impl Confirmation {
    /// The word of that operator.
    pub fn by(operator: impl Into<String>) -> Self {
        Self {
            operator: operator.into(),
        }
    }

    /// Who gave it.
    pub fn operator(&self) -> &str {
        &self.operator
    }
}
