//! The server's service registry: tables of functions by name.

use core::ffi::{CStr, c_void};
use core::marker::PhantomData;
use core::ptr;

use crate::server::{
    self, RegistryService, SystemVariableService, SystemVariableUnregisterService,
};

/// The table of a service.
///
/// # Safety
/// The type is the layout of the service's table.
pub(crate) unsafe trait Table {}

// SAFETY: the first two functions of `component_sys_variable_register`.
unsafe impl Table for SystemVariableService {}

// SAFETY: the only function of `component_sys_variable_unregister`.
unsafe impl Table for SystemVariableUnregisterService {}

/// A service in use; given back when dropped.
pub(crate) struct Service<T: Table> {
    registry: *mut RegistryService,
    table: *mut c_void,
    _is: PhantomData<T>,
}

impl<T: Table> Service<T> {
    /// The service of this name, which must be that of the table's type.
    pub(crate) fn acquire(name: &CStr) -> Option<Service<T>> {
        // SAFETY: a plain function of the server; the result is null or its registry.
        let registry = unsafe { server::mysql_plugin_registry_acquire() };
        if registry.is_null() {
            return None;
        }
        let mut service = Service {
            registry,
            table: ptr::null_mut(),
            _is: PhantomData,
        };
        // SAFETY: a registry, a NUL-terminated name and a place for the result.
        let failed = unsafe { ((*registry).acquire)(name.as_ptr(), &raw mut service.table) };
        (!failed && !service.table.is_null()).then_some(service)
    }

    /// Its table.
    pub(crate) fn get(&self) -> &T {
        // SAFETY: acquired, and the type is the table's layout, as its `Table` promises.
        unsafe { &*self.table.cast::<T>() }
    }
}

impl<T: Table> Drop for Service<T> {
    fn drop(&mut self) {
        // SAFETY: both were acquired, each is given back once.
        unsafe {
            if !self.table.is_null() {
                ((*self.registry).release)(self.table);
            }
            server::mysql_plugin_registry_release(self.registry);
        }
    }
}
