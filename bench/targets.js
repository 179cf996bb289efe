/** The bars: times as fast as eager PyTorch, on the default engine and on `wasm`. */
export const targets = {
  kernels: {
    vae: 1.05,
    "train-vae": 1,
    "train-dcgan": 1,
    categorical: 1.05,
    iwae: 1.2,
    gan2d: 1.5,
    veegan: 1.5,
    unrolled: 1.4,
    "wgan-gp": 1.05,
    cyclegan: 1.2,
    dcgan: 0.92,
    "dcgan-dag": 0.92,
  },
  wasm: { vae: 1 / 1.8, gan2d: 1 / 1.1, dcgan: 1 / 2.6 },
};

/** The largest share of PyTorch's memory. */
export const memoryTarget = 0.5;
