//! What a room keeps in memory between requests: one thing of each type, made when it is first asked for.
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Belongs to one running program; two in one process share nothing.
#[derive(Default)]
pub struct Shelf(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Shelf {
    /// The thing of this type. It must need nothing to begin with.
    pub fn get<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut things = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let thing = things.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        Arc::clone(thing).downcast().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_is_given_again() {
        let shelf = Shelf::default();
        *shelf.get::<Mutex<u8>>().lock().unwrap() = 7;
        assert_eq!(*shelf.get::<Mutex<u8>>().lock().unwrap(), 7);
        assert_eq!(*shelf.get::<Mutex<u16>>().lock().unwrap(), 0);
    }
}
