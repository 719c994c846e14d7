//! Walking a long listing page by page.

use std::collections::VecDeque;

use crate::{Name, ObjectMeta, Prefix, Result, Store};

/// A walk over all objects in a folder, by name, holding one page in memory.
#[derive(Debug)]
pub struct Listing<'store> {
    store: &'store dyn Store,
    prefix: Prefix,
    page: VecDeque<ObjectMeta>,
    after: Option<Name>,
    more: bool,
}

impl<'store> Listing<'store> {
    /// Starts a walk; nothing is asked of the store yet.
    pub fn new(store: &'store dyn Store, prefix: Prefix) -> Self {
        Self { store, prefix, page: VecDeque::new(), after: None, more: true }
    }

    /// The next object, or nothing at the end. After an error the same call may be made again.
    pub async fn next(&mut self) -> Result<Option<ObjectMeta>> {
        while self.page.is_empty() && self.more {
            let page = self.store.list(&self.prefix, self.after.as_ref()).await?;
            self.more = page.more;
            self.page = page.objects.into();
            if let Some(last) = self.page.back() {
                self.after = Some(last.name.clone());
            }
        }
        Ok(self.page.pop_front())
    }

    /// All the rest in memory; for folders known to be small.
    pub async fn collect(mut self) -> Result<Vec<ObjectMeta>> {
        let mut all = Vec::new();
        while let Some(object) = self.next().await? {
            all.push(object);
        }
        Ok(all)
    }
}
