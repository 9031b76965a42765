//! A register's operations are said twice: by those who offer it, and by those who check it. Both say the same.

use proptest::prelude::*;
use synod_actor::NodeId;
use synod_consensus::Change;
use synod_properties::{linearizability::Object, registers::Initially};
use synod_registers::{Operation, Register};
use synod_specifications::Specification;

fn operations() -> impl Strategy<Value = Operation<u8>> {
    let value = || 0..3_u8;
    prop_oneof![
        Just(Operation::Read),
        value().prop_map(Operation::Write),
        (value(), value()).prop_map(|(expected, new)| Operation::CompareAndSet { expected, new }),
    ]
}

proptest! {
    #[test]
    fn operations_are_as_specified(state in 0..3_u8, operation in operations()) {
        type Held = Initially<u8>;
        let object = Initially(state);
        let node = NodeId(0);
        let (after, answer) = operation.apply(&state);
        let asked = <Held as Object<Register<u8>>>::asked(&object, node, &(1, operation)).expect("it is an operation");
        let told = <Held as Object<Register<u8>>>::answered(&object, node, &(1, answer)).expect("it is an answer");
        let specification = <Held as Object<Register<u8>>>::specification(&object);
        let mut possible = Vec::new();
        specification.step(&state, &asked.1, Some(&told.1), &mut possible);
        prop_assert_eq!(possible, vec![after]);
    }
}
