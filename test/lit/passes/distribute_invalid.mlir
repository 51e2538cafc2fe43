// RUN: not npu-opt %s -p npu-distribute 2>&1 | filecheck %s

// CHECK: error: kernel 'odd': an scf.for has npu.iteration = "both"; expected "parallel" or "reduction"
npu.kernel @odd() {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %c4 step %c4 {
  } {npu.iteration = "both"}
  npu.return
}
