//! What would keep incidents from coming back.
