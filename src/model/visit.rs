//! Every resource that evidence speaks of, to be called otherwise: a source knows its own place alone, a space has several.

use super::{Evidence, Gap, ResourceId, SeriesKey};

impl Evidence {
    /// Lets `call` see, and change, every id of a resource in the evidence. Words and raw details are left as they are.
    pub fn each_id(&mut self, call: &mut dyn FnMut(&mut ResourceId)) {
        match self {
            Self::Identity(_) | Self::Text(_) => {}
            Self::Alarms(alarms) => alarms
                .iter_mut()
                .filter_map(|alarm| alarm.resource.as_mut())
                .for_each(call),
            Self::Catalogue(keys) => keys.iter_mut().for_each(|key| key.each_id(call)),
            Self::Series(series) => series.iter_mut().for_each(|series| series.key.each_id(call)),
            Self::Logs(page) => page
                .lines
                .iter_mut()
                .filter_map(|line| line.resource.as_mut())
                .for_each(call),
            Self::Changes(changes) => changes
                .iter_mut()
                .filter_map(|change| change.resource.as_mut())
                .for_each(call),
            Self::Events(events) => events
                .iter_mut()
                .filter_map(|event| event.resource.as_mut())
                .for_each(call),
            Self::Configuration(configuration) => call(&mut configuration.resource),
            Self::Inventory(resources) => resources.iter_mut().for_each(|resource| call(&mut resource.id)),
            Self::Relations(relations) => {
                for relation in relations {
                    call(&mut relation.from);
                    call(&mut relation.to);
                }
            }
        }
    }
}

impl SeriesKey {
    /// As [`Evidence::each_id`].
    pub fn each_id(&mut self, call: &mut dyn FnMut(&mut ResourceId)) {
        self.resource.iter_mut().for_each(call);
    }
}

impl Gap {
    /// As [`Evidence::each_id`].
    pub fn each_id(&mut self, call: &mut dyn FnMut(&mut ResourceId)) {
        self.resource.iter_mut().for_each(call);
    }
}
