//! ONNX Runtime, opened once from `models/onnxruntime` and shared by every model.

use crate::ports::EngineFailed;
use ort::{
    environment::Environment,
    session::{Session, builder::GraphOptimizationLevel},
};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// The runtime library, loaded.
#[derive(Clone)]
pub struct Onnx {
    environment: Arc<Environment>,
}

impl Onnx {
    /// Loads `models/onnxruntime/libonnxruntime.so`. The library allows one environment in a process: whoever
    /// opens it again shares the first, whatever folder it came from.
    pub fn open(models: &Path) -> Result<Onnx, EngineFailed> {
        static OPENED: Mutex<Option<Onnx>> = Mutex::new(None);
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(onnx) = opened.as_ref() {
            return Ok(onnx.clone());
        }
        let onnx = Onnx::load(models)?;
        *opened = Some(onnx.clone());
        Ok(onnx)
    }

    fn load(models: &Path) -> Result<Onnx, EngineFailed> {
        let library = models.join("onnxruntime/libonnxruntime.so");
        let builder = ort::init_from(&library).map_err(|e| broken("onnx runtime", &e))?;
        let environment = builder.build().map_err(|e| broken("onnx runtime", &e))?;
        Ok(Onnx { environment: Arc::new(environment) })
    }

    /// A session of the model in `file`, on one thread: calls run side by side, not one call on many cores.
    pub fn session(&self, engine: &'static str, file: &Path) -> Result<Session, EngineFailed> {
        let failed = |e: &dyn std::fmt::Display| broken(engine, e);
        Session::builder(&self.environment)
            .map_err(|e| failed(&e))?
            .with_optimization_level(GraphOptimizationLevel::Level3)
            .map_err(|e| failed(&e))?
            .with_intra_threads(1)
            .map_err(|e| failed(&e))?
            .with_inter_threads(1)
            .map_err(|e| failed(&e))?
            .commit_from_file(file)
            .map_err(|e| failed(&e))
    }
}

/// `error` as an engine's failure.
pub fn broken(engine: &'static str, error: &dyn std::fmt::Display) -> EngineFailed {
    EngineFailed::Broken { engine, why: error.to_string() }
}
