//! Calls in the forms that other systems take: our own checks, and what others say of them.

mod calls;
mod fhir;
mod forms;
mod peers;
