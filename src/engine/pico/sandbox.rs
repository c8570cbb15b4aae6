//! The sandbox of the Spanish voice: a WebAssembly instance with memory, a few files in memory, and nothing else.
//!
//! What the engine asks of its system is what a C library asks when it reads a file; writing, and every other file,
//! is refused. Addresses come from inside and are checked each time.

use super::super::{hibari::ENGINE, onnx::broken};
use crate::ports::EngineFailed;
use std::collections::BTreeMap;
use wasmi::{
    Caller, CompilationMode, Config, Engine, Extern, Instance, Linker, Memory, Module, Store, StoreLimits,
    StoreLimitsBuilder, Val,
};

/// The engine never needs more memory, in bytes.
const MEMORY_BYTES_MAX: usize = 64 << 20;
/// Answers of a system call that did not work, as the C library of the engine numbers them.
const BAD_FILE: i32 = 8;
const FAULT: i32 = 21;
const NO_FILE: i32 = 44;
const NO_TERMINAL: i32 = 59;
/// Standard input, output and error, none of which exists.
const RESERVED: usize = 3;

/// The files that can be read, and those that are open: contents, and place.
struct Host {
    files: BTreeMap<String, Vec<u8>>,
    open: Vec<Option<(Vec<u8>, usize)>>,
    limits: StoreLimits,
}

/// A running engine.
pub struct Sandbox {
    store: Store<Host>,
    instance: Instance,
    memory: Memory,
    /// Memory as it was kept, without the zeros at its end, and the place of the stack.
    kept: Vec<u8>,
    stack: u32,
}

type Inside<'a> = Caller<'a, Host>;

impl Sandbox {
    /// Starts the module `wasm` with `files` to read and `fuel` instructions to spend.
    pub fn open(wasm: &[u8], files: BTreeMap<String, Vec<u8>>, fuel: u64) -> Result<Sandbox, EngineFailed> {
        let mut config = Config::default();
        config.consume_fuel(true).compilation_mode(CompilationMode::Lazy);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, wasm).map_err(|e| failed(&e))?;
        let limits = StoreLimitsBuilder::new().memory_size(MEMORY_BYTES_MAX).instances(1).build();
        let host = Host { files, open: (0..RESERVED).map(|_| None).collect(), limits };
        let mut store = Store::new(&engine, host);
        store.limiter(|host| &mut host.limits);
        store.set_fuel(fuel).map_err(|e| failed(&e))?;
        let linker = linker(&engine).map_err(|e| failed(&e))?;
        let instance = linker.instantiate_and_start(&mut store, &module).map_err(|e| failed(&e))?;
        let memory = instance.get_memory(&store, "memory").ok_or_else(|| failed(&"it has no memory"))?;
        let mut sandbox = Sandbox { store, instance, memory, kept: Vec::new(), stack: 0 };
        sandbox.run("emscripten_stack_init", &[], &mut [])?;
        sandbox.run("__wasm_call_ctors", &[], &mut [])?;
        Ok(sandbox)
    }

    /// Keeps memory as it is now, for [`Sandbox::restart`]; from here on there are no files.
    pub fn keep(&mut self) -> Result<(), EngineFailed> {
        self.stack = self.call("emscripten_stack_get_current", &[])?.cast_unsigned();
        let memory = self.memory.data(&self.store);
        let used = memory.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        self.kept = memory[..used].to_vec();
        self.store.data_mut().files.clear();
        Ok(())
    }

    /// Memory as it was kept, whatever has happened since, with `fuel` instructions to spend.
    pub fn restart(&mut self, fuel: u64) -> Result<(), EngineFailed> {
        let memory = self.memory.data_mut(&mut self.store);
        let (used, unused) = memory.split_at_mut(self.kept.len());
        used.copy_from_slice(&self.kept);
        unused.fill(0);
        self.store.set_fuel(fuel).map_err(|e| failed(&e))?;
        self.run("_emscripten_stack_restore", &[self.stack], &mut [])
    }

    /// Calls the function and gives its answer.
    pub fn call(&mut self, function: &str, arguments: &[u32]) -> Result<i32, EngineFailed> {
        let mut answer = [Val::I32(0)];
        self.run(function, arguments, &mut answer)?;
        answer[0].i32().ok_or_else(|| failed(&"an answer is no number"))
    }

    fn run(&mut self, function: &str, arguments: &[u32], answer: &mut [Val]) -> Result<(), EngineFailed> {
        let absent = || failed(&format!("it has no function {function}"));
        let function = self.instance.get_func(&self.store, function).ok_or_else(absent)?;
        let arguments: Vec<Val> = arguments.iter().map(|value| Val::I32(value.cast_signed())).collect();
        // What the engine says of a fault names places in its code, never the text.
        function.call(&mut self.store, &arguments, answer).map_err(|e| failed(&e))
    }

    /// Room in the engine's memory.
    pub fn allocate(&mut self, bytes: u32) -> Result<u32, EngineFailed> {
        match self.call("malloc", &[bytes])? {
            0 => Err(failed(&"it has no memory left")),
            place => Ok(place.cast_unsigned()),
        }
    }

    /// `length` bytes of the engine's memory.
    pub fn read(&self, place: u32, length: u32) -> Result<&[u8], EngineFailed> {
        slice(self.memory.data(&self.store), place, length).ok_or_else(|| failed(&"an address is wrong"))
    }

    /// The number there.
    pub fn number(&self, place: u32) -> Result<u32, EngineFailed> {
        number(self.memory.data(&self.store), place).ok_or_else(|| failed(&"an address is wrong"))
    }

    /// Puts bytes into the engine's memory.
    pub fn write(&mut self, place: u32, bytes: &[u8]) -> Result<(), EngineFailed> {
        put(self.memory.data_mut(&mut self.store), place, bytes).ok_or_else(|| failed(&"an address is wrong"))
    }
}

fn failed(error: &dyn std::fmt::Display) -> EngineFailed {
    broken(ENGINE, &format!("the engine of the Spanish voice: {error}"))
}

fn slice(memory: &[u8], place: u32, length: u32) -> Option<&[u8]> {
    memory.get(place as usize..)?.get(..length as usize)
}

fn number(memory: &[u8], place: u32) -> Option<u32> {
    slice(memory, place, 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn put(memory: &mut [u8], place: u32, bytes: &[u8]) -> Option<()> {
    memory.get_mut(place as usize..)?.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(())
}

/// The engine's memory, and what it may see beside it.
fn inside<'a>(caller: &'a mut Inside<'_>) -> Option<(&'a mut [u8], &'a mut Host)> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory)?;
    Some(memory.data_and_store_mut(caller))
}

fn linker(engine: &Engine) -> Result<Linker<Host>, wasmi::Error> {
    const WASI: &str = "wasi_snapshot_preview1";
    let mut linker = Linker::new(engine);
    linker.func_wrap("env", "_emscripten_memcpy_js", copy)?;
    linker.func_wrap(
        "env",
        "__syscall_openat",
        |mut caller: Inside<'_>, _: i32, path: u32, _: i32, _: u32| open(&mut caller, path).unwrap_or(-FAULT),
    )?;
    linker.func_wrap("env", "__syscall_fcntl64", |_: Inside<'_>, _: i32, _: i32, _: i32| 0)?;
    linker.func_wrap("env", "__syscall_ioctl", |_: Inside<'_>, _: i32, _: i32, _: i32| -NO_TERMINAL)?;
    linker.func_wrap("env", "emscripten_resize_heap", grow)?;
    linker.func_wrap(WASI, "fd_write", |_: Inside<'_>, _: i32, _: u32, _: u32, _: u32| BAD_FILE)?;
    linker.func_wrap(
        WASI,
        "fd_read",
        |mut caller: Inside<'_>, file: u32, parts: u32, count: u32, total: u32| {
            read(&mut caller, file, parts, count, total).unwrap_or(FAULT)
        },
    )?;
    linker.func_wrap(WASI, "fd_close", |mut caller: Inside<'_>, file: u32| {
        match caller.data_mut().open.get_mut(file as usize) {
            Some(open) => open.take().map_or(BAD_FILE, |_| 0),
            None => BAD_FILE,
        }
    })?;
    linker.func_wrap(
        WASI,
        "fd_seek",
        |mut caller: Inside<'_>, file: u32, low: u32, high: i32, whence: u32, at: u32| {
            let offset = i64::from(high) << 32 | i64::from(low);
            seek(&mut caller, file, offset, whence, at).unwrap_or(FAULT)
        },
    )?;
    Ok(linker)
}

fn copy(mut caller: Inside<'_>, to: u32, from: u32, length: u32) -> Result<(), wasmi::Error> {
    let copied = inside(&mut caller).and_then(|(memory, _)| {
        let bytes = slice(memory, from, length)?.to_vec();
        put(memory, to, &bytes)
    });
    copied.ok_or_else(|| wasmi::Error::new("a copy leaves the memory"))
}

/// Opens a file by the last part of its path; its number, or why not.
fn open(caller: &mut Inside<'_>, path: u32) -> Option<i32> {
    let (memory, host) = inside(caller)?;
    let path = memory.get(path as usize..)?;
    let path = &path[..path.iter().position(|byte| *byte == 0)?];
    let name = path.rsplit(|byte| *byte == b'/').next()?;
    let file = std::str::from_utf8(name).ok().and_then(|name| host.files.get(name)).cloned();
    let Some(file) = file else { return Some(-NO_FILE) };
    host.open.push(Some((file, 0)));
    i32::try_from(host.open.len() - 1).ok()
}

fn read(caller: &mut Inside<'_>, file: u32, parts: u32, count: u32, total: u32) -> Option<i32> {
    let (memory, host) = inside(caller)?;
    let Some(Some((bytes, at))) = host.open.get_mut(file as usize) else { return Some(BAD_FILE) };
    let mut taken = 0;
    for part in 0..count {
        let part = parts.checked_add(part.checked_mul(8)?)?;
        let (place, room) = (number(memory, part)?, number(memory, part.checked_add(4)?)? as usize);
        let next = &bytes[*at..bytes.len().min(at.saturating_add(room))];
        put(memory, place, next)?;
        *at += next.len();
        taken += u32::try_from(next.len()).ok()?;
    }
    put(memory, total, &taken.to_le_bytes())?;
    Some(0)
}

fn seek(caller: &mut Inside<'_>, file: u32, offset: i64, whence: u32, at: u32) -> Option<i32> {
    let (memory, host) = inside(caller)?;
    let Some(Some((bytes, place))) = host.open.get_mut(file as usize) else { return Some(BAD_FILE) };
    let from = match whence {
        0 => 0,
        1 => *place,
        _ => bytes.len(),
    };
    let to = i64::try_from(from).ok()?.checked_add(offset)?;
    *place = usize::try_from(to).ok()?.min(bytes.len());
    put(memory, at, &(*place as u64).to_le_bytes())?;
    Some(0)
}

/// Memory for at least `bytes`: one where there is room.
fn grow(mut caller: Inside<'_>, bytes: u32) -> i32 {
    const PAGE_BYTES: u64 = 65_536;
    let Some(memory) = caller.get_export("memory").and_then(Extern::into_memory) else { return 0 };
    let more = u64::from(bytes).div_ceil(PAGE_BYTES).saturating_sub(memory.size(&caller));
    i32::from(memory.grow(&mut caller, more).is_ok())
}
