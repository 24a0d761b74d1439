//! The graph of resources and relations, and its picture.
