//! The house keeps its floors.
