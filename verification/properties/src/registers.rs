//! The register of `synod-registers` as an object with a specification.
//!
//! Its operations are those of [`register`], said twice: who takes the protocol depends on nothing that checks it.

use synod_actor::{NodeId, Value};
use synod_registers::{Answer, Operation, Register, RequestId};
use synod_specifications::register;

use crate::linearizability::{LinearizabilityMonitor, Object};

/// A register that holds this at first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Initially<V>(pub V);

/// Watches a register.
pub type RegisterMonitor<V> = LinearizabilityMonitor<Register<V>, Initially<V>>;

impl<V: Value> Object<Register<V>> for Initially<V> {
    type Id = (NodeId, RequestId);
    type Specification = register::Register<V>;

    fn specification(&self) -> register::Register<V> {
        register::Register::new(self.0.clone())
    }

    fn asked(
        &self,
        node: NodeId,
        (id, operation): &(RequestId, Operation<V>),
    ) -> Option<(Self::Id, register::Operation<V>)> {
        let operation = match operation.clone() {
            Operation::Read => register::Operation::Read,
            Operation::Write(value) => register::Operation::Write(value),
            Operation::CompareAndSet { expected, new } => {
                register::Operation::CompareAndSet { expected, new }
            }
        };
        Some(((node, *id), operation))
    }

    fn answered(
        &self,
        node: NodeId,
        (id, answer): &(RequestId, Answer<V>),
    ) -> Option<(Self::Id, register::Answer<V>)> {
        let answer = match answer.clone() {
            Answer::Value(value) => register::Answer::Value(value),
            Answer::Done => register::Answer::Done,
            Answer::Mismatch => register::Answer::Mismatch,
        };
        Some(((node, *id), answer))
    }
}
