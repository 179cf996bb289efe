// Written by `npm run option-types` from the recipes' schemas; not to be changed by hand.
import type { z } from "zod";
import type { options as adagan } from "./adagan.ts";
import type { options as autoencoder } from "./autoencoder.ts";
import type { options as betaVae } from "./beta-vae.ts";
import type { options as categoricalVae } from "./categorical-vae.ts";
import type { options as classifier } from "./classifier.ts";
import type { options as cyclegan } from "./cyclegan.ts";
import type { options as gan } from "./gan.ts";
import type { options as iwae } from "./iwae.ts";
import type { options as pacgan } from "./pacgan.ts";
import type { options as pix2pix } from "./pix2pix.ts";
import type { options as unrolledGan } from "./unrolled-gan.ts";
import type { options as vae } from "./vae.ts";
import type { options as veegan } from "./veegan.ts";
import type { options as wgan } from "./wgan.ts";
import type { options as wganGp } from "./wgan-gp.ts";

type Given<Schema extends z.ZodObject> = z.input<Schema>;

/** Options of `adagan`: mixture of GANs, trained by boosting on missed items. */
export interface AdaganOptions {
  /** Number of GANs in the mixture. @default 10 */
  readonly components?: Given<typeof adagan>["components"];
  /** Mixture weight of each new component (beta): a number, or uniform for equal weights in the end. @default "uniform" */
  readonly boost?: Given<typeof adagan>["boost"];
  /** Adversarial loss of generator and discriminator. @default "non-saturating" */
  readonly loss?: Given<typeof adagan>["loss"];
  /** Dimensions of the generator's noise z (default: 64; for points, their dimensions up to 64). */
  readonly latent?: Given<typeof adagan>["latent"];
  /** Architecture: linear layers (mlp) or the convolutions of DCGAN (dcgan) (default: dcgan for images, mlp for points). */
  readonly arch?: Given<typeof adagan>["arch"];
  /** Widths of the hidden layers; channels for dcgan, from the image inwards (default: 128,128; for dcgan 64,128,... until 4 pixels are left). */
  readonly hidden?: Given<typeof adagan>["hidden"];
  /** The same for the discriminator (default: as the generator). */
  readonly discriminatorHidden?: Given<typeof adagan>["discriminatorHidden"];
  /** Activation of the generator's hidden layers. @default "relu" */
  readonly activation?: Given<typeof adagan>["activation"];
  /** Activation of the discriminator's hidden layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof adagan>["discriminatorActivation"];
  /** Slope of leaky-relu for negative inputs. @default 0.2 */
  readonly slope?: Given<typeof adagan>["slope"];
  /** Initial biases of the generator's hidden layers, with --arch mlp; large negative ones kill its ReLUs. @default 0 */
  readonly initialBias?: Given<typeof adagan>["initialBias"];
  /** Normalisation in the discriminator (default: none for mlp; for dcgan batch, with wgan-gp layer). */
  readonly discriminatorNorm?: Given<typeof adagan>["discriminatorNorm"];
  /** Learning rate of the discriminator as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof adagan>["discriminatorRate"];
  /** Adam beta1; 0.5 is steadier for GANs than the usual 0.9. @default 0.5 */
  readonly beta1?: Given<typeof adagan>["beta1"];
  /** Standard deviation of Gaussian noise on the discriminator's inputs, real and generated, annealed linearly to 0. @default 0 */
  readonly instanceNoise?: Given<typeof adagan>["instanceNoise"];
  /** Decay of the generator's exponential moving average (EMA), smaller in the first steps; 0 for none. @default 0.999 */
  readonly ema?: Given<typeof adagan>["ema"];
  /** Augmentation of the discriminator's inputs: real-only (real items only; leaks into samples), dag (one head per transformation), diffaugment (colour, translation and cutout of real and generated items), ada (--transforms of both, with adaptive probability p). @default "none" */
  readonly augment?: Given<typeof adagan>["augment"];
  /** Transformations for real-only, dag and ada: some of identity, rotation, flip, fliprot, translation, crop (default: rotation). */
  readonly transforms?: Given<typeof adagan>["transforms"];
  /** Weight of the extra heads of dag in the discriminator's loss (lambda_u) (default: 0.2). */
  readonly lambdaU?: Given<typeof adagan>["lambdaU"];
  /** Weight of the extra heads of dag in the generator's loss (lambda_v) (default: 0.2). */
  readonly lambdaV?: Given<typeof adagan>["lambdaV"];
}

/** Options of `autoencoder`: the nets of a VAE without prior and sampling, as a baseline. */
export interface AutoencoderOptions {
  /** Likelihood p(x|z) of the decoder: bernoulli for binary pixels, gaussian for real values. @default "bernoulli" */
  readonly likelihood?: Given<typeof autoencoder>["likelihood"];
  /** Standard deviation of the gaussian likelihood: a number; optimal, the root of the batch's mean squared error; or a learned parameter (default: optimal; 1 for fewer than 2000 images). */
  readonly sigma?: Given<typeof autoencoder>["sigma"];
  /** Architecture of encoder and decoder: linear layers (mlp), convolutions (conv) or those of DCGAN (dcgan). @default "mlp" */
  readonly arch?: Given<typeof autoencoder>["arch"];
  /** Widths of the encoder's hidden layers, mirrored in the decoder; channels for conv and dcgan (default: 400; 32,64 for conv; 64,128,... for dcgan). */
  readonly hidden?: Given<typeof autoencoder>["hidden"];
  /** Activation of the hidden layers. @default "relu" */
  readonly activation?: Given<typeof autoencoder>["activation"];
  /** Binarisation of grey pixels, treated as probabilities: fixed (one draw per image), dynamic (a new draw per step) or none (default: dynamic for bernoulli). */
  readonly binarize?: Given<typeof autoencoder>["binarize"];
  /** Dimensions of the latent code z. @default 20 */
  readonly latent?: Given<typeof autoencoder>["latent"];
}

/** Options of `beta-vae`: VAE with a weighted KL term, a KL constraint or a capacity. */
export interface BetaVaeOptions {
  /** Likelihood p(x|z) of the decoder: bernoulli for binary pixels, gaussian for real values. @default "bernoulli" */
  readonly likelihood?: Given<typeof betaVae>["likelihood"];
  /** Standard deviation of the gaussian likelihood: a number; optimal, the root of the batch's mean squared error; or a learned parameter (default: optimal; 1 for fewer than 2000 images). */
  readonly sigma?: Given<typeof betaVae>["sigma"];
  /** Architecture of encoder and decoder: linear layers (mlp), convolutions (conv) or those of DCGAN (dcgan). @default "mlp" */
  readonly arch?: Given<typeof betaVae>["arch"];
  /** Widths of the encoder's hidden layers, mirrored in the decoder; channels for conv and dcgan (default: 400; 32,64 for conv; 64,128,... for dcgan). */
  readonly hidden?: Given<typeof betaVae>["hidden"];
  /** Activation of the hidden layers. @default "relu" */
  readonly activation?: Given<typeof betaVae>["activation"];
  /** Binarisation of grey pixels, treated as probabilities: fixed (one draw per image), dynamic (a new draw per step) or none (default: dynamic for bernoulli). */
  readonly binarize?: Given<typeof betaVae>["binarize"];
  /** Dimensions of the latent code z. @default 20 */
  readonly latent?: Given<typeof betaVae>["latent"];
  /** Weight of the KL term (beta) (default: 4, unless --kl-target or --capacity is given). */
  readonly beta?: Given<typeof betaVae>["beta"];
  /** Steps over which beta rises linearly from 0. @default 0 */
  readonly betaWarmup?: Given<typeof betaVae>["betaWarmup"];
  /** Constrain the KL term to at most x nats; beta is then the learned Lagrange multiplier. */
  readonly klTarget?: Given<typeof betaVae>["klTarget"];
  /** Step size of the multiplier per nat that the KL term exceeds its target. @default 0.005 */
  readonly multiplierRate?: Given<typeof betaVae>["multiplierRate"];
  /** Final capacity C in nats: the penalty is gamma |KL - C|, C rising from 0. */
  readonly capacity?: Given<typeof betaVae>["capacity"];
  /** Steps over which the capacity C rises linearly. @default 10000 */
  readonly capacitySteps?: Given<typeof betaVae>["capacitySteps"];
  /** Weight of |KL - C| (gamma). @default 100 */
  readonly gamma?: Given<typeof betaVae>["gamma"];
}

/** Options of `categorical-vae`: VAE with categorical latent variables (Gumbel-Softmax). */
export interface CategoricalVaeOptions {
  /** Likelihood p(x|z) of the decoder: bernoulli for binary pixels, gaussian for real values. @default "bernoulli" */
  readonly likelihood?: Given<typeof categoricalVae>["likelihood"];
  /** Standard deviation of the gaussian likelihood: a number; optimal, the root of the batch's mean squared error; or a learned parameter (default: optimal; 1 for fewer than 2000 images). */
  readonly sigma?: Given<typeof categoricalVae>["sigma"];
  /** Architecture of encoder and decoder: linear layers (mlp), convolutions (conv) or those of DCGAN (dcgan). @default "mlp" */
  readonly arch?: Given<typeof categoricalVae>["arch"];
  /** Widths of the encoder's hidden layers, mirrored in the decoder; channels for conv and dcgan (default: 400; 32,64 for conv; 64,128,... for dcgan). */
  readonly hidden?: Given<typeof categoricalVae>["hidden"];
  /** Activation of the hidden layers. @default "relu" */
  readonly activation?: Given<typeof categoricalVae>["activation"];
  /** Binarisation of grey pixels, treated as probabilities: fixed (one draw per image), dynamic (a new draw per step) or none (default: dynamic for bernoulli). */
  readonly binarize?: Given<typeof categoricalVae>["binarize"];
  /** Number of categorical latent variables. @default 20 */
  readonly variables?: Given<typeof categoricalVae>["variables"];
  /** Categories per latent variable. @default 10 */
  readonly categories?: Given<typeof categoricalVae>["categories"];
  /** Gradient estimator for the sampled categories. @default "gumbel-softmax" */
  readonly estimator?: Given<typeof categoricalVae>["estimator"];
  /** Initial temperature of the Gumbel-Softmax relaxation (tau); 0 would have no gradient. @default 1 */
  readonly temperature?: Given<typeof categoricalVae>["temperature"];
  /** Lowest temperature of the annealing; near 0 the gradient's variance explodes. @default 0.5 */
  readonly temperatureFloor?: Given<typeof categoricalVae>["temperatureFloor"];
  /** Annealing rate r of the temperature, tau exp(-r step). @default 0.0001 */
  readonly temperatureRate?: Given<typeof categoricalVae>["temperatureRate"];
  /** Steps between two updates of the temperature. @default 500 */
  readonly temperatureInterval?: Given<typeof categoricalVae>["temperatureInterval"];
  /** KL term of the categorical posterior, or a Monte Carlo estimate for the relaxed sample (relaxed): a true bound, under which codes come into use later. @default "categorical" */
  readonly kl?: Given<typeof categoricalVae>["kl"];
  /** Monte Carlo samples per item, with --estimator score-function. @default 1 */
  readonly mcSamples?: Given<typeof categoricalVae>["mcSamples"];
}

/** Options of `classifier`: classifier; its features are used by FID, KID and others. */
export interface ClassifierOptions {
  /** What to predict of an item: its class, or which of --transforms was applied to it (transform). @default "class" */
  readonly task?: Given<typeof classifier>["task"];
  /** Transformations to tell apart, with --task transform: some of identity, rotation, flip, fliprot, translation, crop (default: rotation). */
  readonly transforms?: Given<typeof classifier>["transforms"];
  /** Architecture: linear layers (mlp) or convolutions (conv) (default: conv for images, mlp for points). */
  readonly arch?: Given<typeof classifier>["arch"];
  /** Channels of the convolutions, each of which halves height and width; widths for mlp (default: 32,64; 128 for mlp). */
  readonly hidden?: Given<typeof classifier>["hidden"];
  /** Width of the last hidden layer, whose features other metrics compare. @default 128 */
  readonly features?: Given<typeof classifier>["features"];
}

/** Options of `cyclegan`: image translation between two unpaired image folders. */
export interface CycleganOptions {
  /** Residual blocks per generator. @default 6 */
  readonly blocks?: Given<typeof cyclegan>["blocks"];
  /** Adversarial loss of generators and discriminators. @default "least-squares" */
  readonly loss?: Given<typeof cyclegan>["loss"];
  /** Cycles with a cycle-consistency loss; forward is A to B to A. @default "both" */
  readonly cycle?: Given<typeof cyclegan>["cycle"];
  /** Cycle-consistency loss: absolute (l1) or squared error. @default "l1" */
  readonly cycleLoss?: Given<typeof cyclegan>["cycleLoss"];
  /** Weight of the cycle-consistency loss (lambda). @default 10 */
  readonly lambda?: Given<typeof cyclegan>["lambda"];
  /** Weight of the identity loss as a fraction of lambda; 0.5 keeps colours where both domains share them. @default 0 */
  readonly identity?: Given<typeof cyclegan>["identity"];
  /** Weight of the adversarial loss. @default 1 */
  readonly adversarial?: Given<typeof cyclegan>["adversarial"];
  /** Size of the image pool: half of the generated images that a discriminator sees are older ones from it. @default 50 */
  readonly pool?: Given<typeof cyclegan>["pool"];
  /** Channels of a generator's first layer. @default 32 */
  readonly ngf?: Given<typeof cyclegan>["ngf"];
  /** Channels of a discriminator's first layer (default: as --ngf). */
  readonly ndf?: Given<typeof cyclegan>["ndf"];
  /** Strided layers of a PatchGAN discriminator: 1, 2, 3, 4 see patches of 16, 34, 70, 142 pixels (default: as many as fit, up to 3). */
  readonly discriminatorLayers?: Given<typeof cyclegan>["discriminatorLayers"];
  /** Adam beta1; 0.5 is steadier for GANs than the usual 0.9. @default 0.5 */
  readonly beta1?: Given<typeof cyclegan>["beta1"];
  /** Standard deviation of Gaussian noise on the discriminator's inputs, real and generated, annealed linearly to 0. @default 0 */
  readonly instanceNoise?: Given<typeof cyclegan>["instanceNoise"];
  /** Augmentation of the discriminator's inputs: real-only (real items only; leaks into samples), dag (one head per transformation), diffaugment (colour, translation and cutout of real and generated items), ada (--transforms of both, with adaptive probability p). @default "none" */
  readonly augment?: Given<typeof cyclegan>["augment"];
  /** Transformations for real-only, dag and ada: some of identity, rotation, flip, fliprot, translation, crop (default: rotation). */
  readonly transforms?: Given<typeof cyclegan>["transforms"];
  /** Weight of the extra heads of dag in the discriminator's loss (lambda_u) (default: 0.2). */
  readonly lambdaU?: Given<typeof cyclegan>["lambdaU"];
  /** Weight of the extra heads of dag in the generator's loss (lambda_v) (default: 0.2). */
  readonly lambdaV?: Given<typeof cyclegan>["lambdaV"];
}

/** Options of `gan`: generative adversarial network; a DCGAN on images. */
export interface GanOptions {
  /** Adversarial loss of generator and discriminator. @default "non-saturating" */
  readonly loss?: Given<typeof gan>["loss"];
  /** Dimensions of the generator's noise z (default: 64; for points, their dimensions up to 64). */
  readonly latent?: Given<typeof gan>["latent"];
  /** Architecture: linear layers (mlp) or the convolutions of DCGAN (dcgan) (default: dcgan for images, mlp for points). */
  readonly arch?: Given<typeof gan>["arch"];
  /** Widths of the hidden layers; channels for dcgan, from the image inwards (default: 128,128; for dcgan 64,128,... until 4 pixels are left). */
  readonly hidden?: Given<typeof gan>["hidden"];
  /** The same for the discriminator (default: as the generator). */
  readonly discriminatorHidden?: Given<typeof gan>["discriminatorHidden"];
  /** Activation of the generator's hidden layers. @default "relu" */
  readonly activation?: Given<typeof gan>["activation"];
  /** Activation of the discriminator's hidden layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof gan>["discriminatorActivation"];
  /** Slope of leaky-relu for negative inputs. @default 0.2 */
  readonly slope?: Given<typeof gan>["slope"];
  /** Initial biases of the generator's hidden layers, with --arch mlp; large negative ones kill its ReLUs. @default 0 */
  readonly initialBias?: Given<typeof gan>["initialBias"];
  /** Normalisation in the discriminator (default: none for mlp; for dcgan batch, with wgan-gp layer). */
  readonly discriminatorNorm?: Given<typeof gan>["discriminatorNorm"];
  /** Learning rate of the discriminator as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof gan>["discriminatorRate"];
  /** Adam beta1; 0.5 is steadier for GANs than the usual 0.9. @default 0.5 */
  readonly beta1?: Given<typeof gan>["beta1"];
  /** Standard deviation of Gaussian noise on the discriminator's inputs, real and generated, annealed linearly to 0. @default 0 */
  readonly instanceNoise?: Given<typeof gan>["instanceNoise"];
  /** Decay of the generator's exponential moving average (EMA), smaller in the first steps; 0 for none. @default 0.999 */
  readonly ema?: Given<typeof gan>["ema"];
  /** Augmentation of the discriminator's inputs: real-only (real items only; leaks into samples), dag (one head per transformation), diffaugment (colour, translation and cutout of real and generated items), ada (--transforms of both, with adaptive probability p). @default "none" */
  readonly augment?: Given<typeof gan>["augment"];
  /** Transformations for real-only, dag and ada: some of identity, rotation, flip, fliprot, translation, crop (default: rotation). */
  readonly transforms?: Given<typeof gan>["transforms"];
  /** Weight of the extra heads of dag in the discriminator's loss (lambda_u) (default: 0.2). */
  readonly lambdaU?: Given<typeof gan>["lambdaU"];
  /** Weight of the extra heads of dag in the generator's loss (lambda_v) (default: 0.2). */
  readonly lambdaV?: Given<typeof gan>["lambdaV"];
}

/** Options of `iwae`: VAE trained on the importance-weighted bound. */
export interface IwaeOptions {
  /** Likelihood p(x|z) of the decoder: bernoulli for binary pixels, gaussian for real values. @default "bernoulli" */
  readonly likelihood?: Given<typeof iwae>["likelihood"];
  /** Standard deviation of the gaussian likelihood: a number; optimal, the root of the batch's mean squared error; or a learned parameter (default: optimal; 1 for fewer than 2000 images). */
  readonly sigma?: Given<typeof iwae>["sigma"];
  /** Architecture of encoder and decoder: linear layers (mlp), convolutions (conv) or those of DCGAN (dcgan). @default "mlp" */
  readonly arch?: Given<typeof iwae>["arch"];
  /** Widths of the encoder's hidden layers, mirrored in the decoder; channels for conv and dcgan (default: 400; 32,64 for conv; 64,128,... for dcgan). */
  readonly hidden?: Given<typeof iwae>["hidden"];
  /** Activation of the hidden layers. @default "relu" */
  readonly activation?: Given<typeof iwae>["activation"];
  /** Binarisation of grey pixels, treated as probabilities: fixed (one draw per image), dynamic (a new draw per step) or none (default: dynamic for bernoulli). */
  readonly binarize?: Given<typeof iwae>["binarize"];
  /** Dimensions of the latent code z. @default 20 */
  readonly latent?: Given<typeof iwae>["latent"];
  /** Importance samples of z inside the bound (k). @default 5 */
  readonly importanceSamples?: Given<typeof iwae>["importanceSamples"];
}

/** Options of `pacgan`: GAN whose discriminator sees packs of several items. */
export interface PacganOptions {
  /** Items per pack that the discriminator sees jointly (m). @default 2 */
  readonly packing?: Given<typeof pacgan>["packing"];
  /** Adversarial loss of generator and discriminator. @default "non-saturating" */
  readonly loss?: Given<typeof pacgan>["loss"];
  /** Dimensions of the generator's noise z (default: 64; for points, their dimensions up to 64). */
  readonly latent?: Given<typeof pacgan>["latent"];
  /** Architecture: linear layers (mlp) or the convolutions of DCGAN (dcgan) (default: dcgan for images, mlp for points). */
  readonly arch?: Given<typeof pacgan>["arch"];
  /** Widths of the hidden layers; channels for dcgan, from the image inwards (default: 128,128; for dcgan 64,128,... until 4 pixels are left). */
  readonly hidden?: Given<typeof pacgan>["hidden"];
  /** The same for the discriminator (default: as the generator). */
  readonly discriminatorHidden?: Given<typeof pacgan>["discriminatorHidden"];
  /** Activation of the generator's hidden layers. @default "relu" */
  readonly activation?: Given<typeof pacgan>["activation"];
  /** Activation of the discriminator's hidden layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof pacgan>["discriminatorActivation"];
  /** Slope of leaky-relu for negative inputs. @default 0.2 */
  readonly slope?: Given<typeof pacgan>["slope"];
  /** Initial biases of the generator's hidden layers, with --arch mlp; large negative ones kill its ReLUs. @default 0 */
  readonly initialBias?: Given<typeof pacgan>["initialBias"];
  /** Normalisation in the discriminator (default: none for mlp; for dcgan batch, with wgan-gp layer). */
  readonly discriminatorNorm?: Given<typeof pacgan>["discriminatorNorm"];
  /** Learning rate of the discriminator as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof pacgan>["discriminatorRate"];
  /** Adam beta1; 0.5 is steadier for GANs than the usual 0.9. @default 0.5 */
  readonly beta1?: Given<typeof pacgan>["beta1"];
  /** Standard deviation of Gaussian noise on the discriminator's inputs, real and generated, annealed linearly to 0. @default 0 */
  readonly instanceNoise?: Given<typeof pacgan>["instanceNoise"];
  /** Decay of the generator's exponential moving average (EMA), smaller in the first steps; 0 for none. @default 0.999 */
  readonly ema?: Given<typeof pacgan>["ema"];
  /** Augmentation of the discriminator's inputs: real-only (real items only; leaks into samples), dag (one head per transformation), diffaugment (colour, translation and cutout of real and generated items), ada (--transforms of both, with adaptive probability p). @default "none" */
  readonly augment?: Given<typeof pacgan>["augment"];
  /** Transformations for real-only, dag and ada: some of identity, rotation, flip, fliprot, translation, crop (default: rotation). */
  readonly transforms?: Given<typeof pacgan>["transforms"];
  /** Weight of the extra heads of dag in the discriminator's loss (lambda_u) (default: 0.2). */
  readonly lambdaU?: Given<typeof pacgan>["lambdaU"];
  /** Weight of the extra heads of dag in the generator's loss (lambda_v) (default: 0.2). */
  readonly lambdaV?: Given<typeof pacgan>["lambdaV"];
}

/** Options of `pix2pix`: image translation learned from aligned pairs. */
export interface Pix2pixOptions {
  /** Which image of a pair is the input, and which the target. @default "AtoB" */
  readonly direction?: Given<typeof pix2pix>["direction"];
  /** Architecture of the generator. @default "unet" */
  readonly generator?: Given<typeof pix2pix>["generator"];
  /** Residual blocks, with --generator residual (default: 6). */
  readonly blocks?: Given<typeof pix2pix>["blocks"];
  /** Adversarial loss of generators and discriminators. @default "non-saturating" */
  readonly loss?: Given<typeof pix2pix>["loss"];
  /** Weight of the L1 distance to the target image (lambda). @default 100 */
  readonly lambda?: Given<typeof pix2pix>["lambda"];
  /** Weight of the adversarial loss. @default 1 */
  readonly adversarial?: Given<typeof pix2pix>["adversarial"];
  /** Channels of a generator's first layer. @default 32 */
  readonly ngf?: Given<typeof pix2pix>["ngf"];
  /** Channels of a discriminator's first layer (default: as --ngf). */
  readonly ndf?: Given<typeof pix2pix>["ndf"];
  /** Strided layers of a PatchGAN discriminator: 1, 2, 3, 4 see patches of 16, 34, 70, 142 pixels (default: as many as fit, up to 3). */
  readonly discriminatorLayers?: Given<typeof pix2pix>["discriminatorLayers"];
  /** Adam beta1; 0.5 is steadier for GANs than the usual 0.9. @default 0.5 */
  readonly beta1?: Given<typeof pix2pix>["beta1"];
  /** Standard deviation of Gaussian noise on the discriminator's inputs, real and generated, annealed linearly to 0. @default 0 */
  readonly instanceNoise?: Given<typeof pix2pix>["instanceNoise"];
  /** Augmentation of the discriminator's inputs: real-only (real items only; leaks into samples), dag (one head per transformation), diffaugment (colour, translation and cutout of real and generated items), ada (--transforms of both, with adaptive probability p). @default "none" */
  readonly augment?: Given<typeof pix2pix>["augment"];
  /** Transformations for real-only, dag and ada: some of identity, rotation, flip, fliprot, translation, crop (default: rotation). */
  readonly transforms?: Given<typeof pix2pix>["transforms"];
  /** Weight of the extra heads of dag in the discriminator's loss (lambda_u) (default: 0.2). */
  readonly lambdaU?: Given<typeof pix2pix>["lambdaU"];
  /** Weight of the extra heads of dag in the generator's loss (lambda_v) (default: 0.2). */
  readonly lambdaV?: Given<typeof pix2pix>["lambdaV"];
}

/** Options of `unrolled-gan`: GAN whose generator looks K discriminator updates ahead. */
export interface UnrolledGanOptions {
  /** Unrolled discriminator updates that the generator looks ahead (K). @default 5 */
  readonly unroll?: Given<typeof unrolledGan>["unroll"];
  /** Backpropagate through the unrolled updates (on), or hold them constant (off). @default "on" */
  readonly secondOrder?: Given<typeof unrolledGan>["secondOrder"];
  /** Adversarial loss of generator and discriminator. @default "minimax" */
  readonly loss?: Given<typeof unrolledGan>["loss"];
  /** Dimensions of the generator's noise z (default: 64; for points, their dimensions up to 64). */
  readonly latent?: Given<typeof unrolledGan>["latent"];
  /** Architecture: linear layers (mlp) or the convolutions of DCGAN (dcgan) (default: dcgan for images, mlp for points). */
  readonly arch?: Given<typeof unrolledGan>["arch"];
  /** Widths of the hidden layers; channels for dcgan, from the image inwards (default: 128,128; for dcgan 64,128,... until 4 pixels are left). */
  readonly hidden?: Given<typeof unrolledGan>["hidden"];
  /** The same for the discriminator (default: as the generator). */
  readonly discriminatorHidden?: Given<typeof unrolledGan>["discriminatorHidden"];
  /** Activation of the generator's hidden layers. @default "relu" */
  readonly activation?: Given<typeof unrolledGan>["activation"];
  /** Activation of the discriminator's hidden layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof unrolledGan>["discriminatorActivation"];
  /** Slope of leaky-relu for negative inputs. @default 0.2 */
  readonly slope?: Given<typeof unrolledGan>["slope"];
  /** Initial biases of the generator's hidden layers, with --arch mlp; large negative ones kill its ReLUs. @default 0 */
  readonly initialBias?: Given<typeof unrolledGan>["initialBias"];
  /** Normalisation in the discriminator (default: none for mlp; for dcgan batch, with wgan-gp layer). */
  readonly discriminatorNorm?: Given<typeof unrolledGan>["discriminatorNorm"];
  /** Learning rate of the discriminator as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof unrolledGan>["discriminatorRate"];
  /** Adam beta1; 0.5 is steadier for GANs than the usual 0.9. @default 0.5 */
  readonly beta1?: Given<typeof unrolledGan>["beta1"];
  /** Standard deviation of Gaussian noise on the discriminator's inputs, real and generated, annealed linearly to 0. @default 0 */
  readonly instanceNoise?: Given<typeof unrolledGan>["instanceNoise"];
  /** Decay of the generator's exponential moving average (EMA), smaller in the first steps; 0 for none. @default 0.999 */
  readonly ema?: Given<typeof unrolledGan>["ema"];
  /** Augmentation of the discriminator's inputs: real-only (real items only; leaks into samples), dag (one head per transformation), diffaugment (colour, translation and cutout of real and generated items), ada (--transforms of both, with adaptive probability p). @default "none" */
  readonly augment?: Given<typeof unrolledGan>["augment"];
  /** Transformations for real-only, dag and ada: some of identity, rotation, flip, fliprot, translation, crop (default: rotation). */
  readonly transforms?: Given<typeof unrolledGan>["transforms"];
  /** Weight of the extra heads of dag in the discriminator's loss (lambda_u) (default: 0.2). */
  readonly lambdaU?: Given<typeof unrolledGan>["lambdaU"];
  /** Weight of the extra heads of dag in the generator's loss (lambda_v) (default: 0.2). */
  readonly lambdaV?: Given<typeof unrolledGan>["lambdaV"];
}

/** Options of `vae`: variational autoencoder with a Gaussian latent code. */
export interface VaeOptions {
  /** Likelihood p(x|z) of the decoder: bernoulli for binary pixels, gaussian for real values. @default "bernoulli" */
  readonly likelihood?: Given<typeof vae>["likelihood"];
  /** Standard deviation of the gaussian likelihood: a number; optimal, the root of the batch's mean squared error; or a learned parameter (default: optimal; 1 for fewer than 2000 images). */
  readonly sigma?: Given<typeof vae>["sigma"];
  /** Architecture of encoder and decoder: linear layers (mlp), convolutions (conv) or those of DCGAN (dcgan). @default "mlp" */
  readonly arch?: Given<typeof vae>["arch"];
  /** Widths of the encoder's hidden layers, mirrored in the decoder; channels for conv and dcgan (default: 400; 32,64 for conv; 64,128,... for dcgan). */
  readonly hidden?: Given<typeof vae>["hidden"];
  /** Activation of the hidden layers. @default "relu" */
  readonly activation?: Given<typeof vae>["activation"];
  /** Binarisation of grey pixels, treated as probabilities: fixed (one draw per image), dynamic (a new draw per step) or none (default: dynamic for bernoulli). */
  readonly binarize?: Given<typeof vae>["binarize"];
  /** Dimensions of the latent code z. @default 20 */
  readonly latent?: Given<typeof vae>["latent"];
  /** Gradient estimator for the sampled code z: pathwise (reparameterization) or score-function (REINFORCE); gumbel-softmax and straight-through belong to categorical-vae. @default "pathwise" */
  readonly estimator?: Given<typeof vae>["estimator"];
  /** Control variate of the score function: none, the running mean of the cost, or the mean of the other samples (leave-one-out, loo) (default: none). */
  readonly baseline?: Given<typeof vae>["baseline"];
  /** Monte Carlo samples of z per item and step. @default 1 */
  readonly mcSamples?: Given<typeof vae>["mcSamples"];
}

/** Options of `veegan`: GAN with a reconstructor that maps items back to noise. */
export interface VeeganOptions {
  /** Dimensions of the generator's noise z (default: 64; for points, their dimensions up to 64). */
  readonly latent?: Given<typeof veegan>["latent"];
  /** Architecture: linear layers (mlp) or the convolutions of DCGAN (dcgan) (default: dcgan for images, mlp for points). */
  readonly arch?: Given<typeof veegan>["arch"];
  /** Widths of the hidden layers; channels for dcgan, from the image inwards (default: 128,128; for dcgan 64,128,... until 4 pixels are left). */
  readonly hidden?: Given<typeof veegan>["hidden"];
  /** The same for the discriminator (default: as the generator). */
  readonly discriminatorHidden?: Given<typeof veegan>["discriminatorHidden"];
  /** Activation of the generator's hidden layers. @default "relu" */
  readonly activation?: Given<typeof veegan>["activation"];
  /** Activation of the discriminator's hidden layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof veegan>["discriminatorActivation"];
  /** Slope of leaky-relu for negative inputs. @default 0.2 */
  readonly slope?: Given<typeof veegan>["slope"];
  /** Initial biases of the generator's hidden layers, with --arch mlp; large negative ones kill its ReLUs. @default 0 */
  readonly initialBias?: Given<typeof veegan>["initialBias"];
  /** Normalisation in the discriminator (default: none for mlp; for dcgan batch, with wgan-gp layer). */
  readonly discriminatorNorm?: Given<typeof veegan>["discriminatorNorm"];
  /** Learning rate of the discriminator as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof veegan>["discriminatorRate"];
  /** Adam beta1; 0.5 is steadier for GANs than the usual 0.9. @default 0.5 */
  readonly beta1?: Given<typeof veegan>["beta1"];
  /** Standard deviation of Gaussian noise on the discriminator's inputs, real and generated, annealed linearly to 0. @default 0 */
  readonly instanceNoise?: Given<typeof veegan>["instanceNoise"];
  /** Decay of the generator's exponential moving average (EMA), smaller in the first steps; 0 for none. @default 0.999 */
  readonly ema?: Given<typeof veegan>["ema"];
  /** Augmentation of the discriminator's inputs: real-only (real items only; leaks into samples), dag (one head per transformation), diffaugment (colour, translation and cutout of real and generated items), ada (--transforms of both, with adaptive probability p). @default "none" */
  readonly augment?: Given<typeof veegan>["augment"];
  /** Transformations for real-only, dag and ada: some of identity, rotation, flip, fliprot, translation, crop (default: rotation). */
  readonly transforms?: Given<typeof veegan>["transforms"];
  /** Weight of the extra heads of dag in the discriminator's loss (lambda_u) (default: 0.2). */
  readonly lambdaU?: Given<typeof veegan>["lambdaU"];
  /** Weight of the extra heads of dag in the generator's loss (lambda_v) (default: 0.2). */
  readonly lambdaV?: Given<typeof veegan>["lambdaV"];
}

/** Options of `wgan`: Wasserstein GAN with weight clipping of the critic. */
export interface WganOptions {
  /** Dimensions of the generator's noise z (default: 64; for points, their dimensions up to 64). */
  readonly latent?: Given<typeof wgan>["latent"];
  /** Architecture: linear layers (mlp) or the convolutions of DCGAN (dcgan) (default: dcgan for images, mlp for points). */
  readonly arch?: Given<typeof wgan>["arch"];
  /** Widths of the hidden layers; channels for dcgan, from the image inwards (default: 128,128; for dcgan 64,128,... until 4 pixels are left). */
  readonly hidden?: Given<typeof wgan>["hidden"];
  /** The same for the discriminator (default: as the generator). */
  readonly discriminatorHidden?: Given<typeof wgan>["discriminatorHidden"];
  /** Activation of the generator's hidden layers. @default "relu" */
  readonly activation?: Given<typeof wgan>["activation"];
  /** Activation of the discriminator's hidden layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof wgan>["discriminatorActivation"];
  /** Slope of leaky-relu for negative inputs. @default 0.2 */
  readonly slope?: Given<typeof wgan>["slope"];
  /** Initial biases of the generator's hidden layers, with --arch mlp; large negative ones kill its ReLUs. @default 0 */
  readonly initialBias?: Given<typeof wgan>["initialBias"];
  /** Normalisation in the discriminator (default: none for mlp; for dcgan batch, with wgan-gp layer). */
  readonly discriminatorNorm?: Given<typeof wgan>["discriminatorNorm"];
  /** Learning rate of the discriminator as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof wgan>["discriminatorRate"];
  /** Standard deviation of Gaussian noise on the discriminator's inputs, real and generated, annealed linearly to 0. @default 0 */
  readonly instanceNoise?: Given<typeof wgan>["instanceNoise"];
  /** Decay of the generator's exponential moving average (EMA), smaller in the first steps; 0 for none. @default 0.999 */
  readonly ema?: Given<typeof wgan>["ema"];
  /** Augmentation of the discriminator's inputs: real-only (real items only; leaks into samples), dag (one head per transformation), diffaugment (colour, translation and cutout of real and generated items), ada (--transforms of both, with adaptive probability p). @default "none" */
  readonly augment?: Given<typeof wgan>["augment"];
  /** Transformations for real-only, dag and ada: some of identity, rotation, flip, fliprot, translation, crop (default: rotation). */
  readonly transforms?: Given<typeof wgan>["transforms"];
  /** Weight of the extra heads of dag in the discriminator's loss (lambda_u) (default: 0.2). */
  readonly lambdaU?: Given<typeof wgan>["lambdaU"];
  /** Weight of the extra heads of dag in the generator's loss (lambda_v) (default: 0.2). */
  readonly lambdaV?: Given<typeof wgan>["lambdaV"];
  /** Weight clipping: critic parameters are kept in [-c, c], which sets the scale of the distance (default: 0.01 for images, 0.1 for points). */
  readonly clip?: Given<typeof wgan>["clip"];
  /** Critic updates per generator update. @default 5 */
  readonly criticSteps?: Given<typeof wgan>["criticSteps"];
  /** Critic updates per generator update in the first 25 steps and in every 500th. @default 100 */
  readonly criticWarmup?: Given<typeof wgan>["criticWarmup"];
}

/** Options of `wgan-gp`: Wasserstein GAN with a gradient penalty on the critic. */
export interface WganGpOptions {
  /** Dimensions of the generator's noise z (default: 64; for points, their dimensions up to 64). */
  readonly latent?: Given<typeof wganGp>["latent"];
  /** Architecture: linear layers (mlp) or the convolutions of DCGAN (dcgan) (default: dcgan for images, mlp for points). */
  readonly arch?: Given<typeof wganGp>["arch"];
  /** Widths of the hidden layers; channels for dcgan, from the image inwards (default: 128,128; for dcgan 64,128,... until 4 pixels are left). */
  readonly hidden?: Given<typeof wganGp>["hidden"];
  /** The same for the discriminator (default: as the generator). */
  readonly discriminatorHidden?: Given<typeof wganGp>["discriminatorHidden"];
  /** Activation of the generator's hidden layers. @default "relu" */
  readonly activation?: Given<typeof wganGp>["activation"];
  /** Activation of the discriminator's hidden layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof wganGp>["discriminatorActivation"];
  /** Slope of leaky-relu for negative inputs. @default 0.2 */
  readonly slope?: Given<typeof wganGp>["slope"];
  /** Initial biases of the generator's hidden layers, with --arch mlp; large negative ones kill its ReLUs. @default 0 */
  readonly initialBias?: Given<typeof wganGp>["initialBias"];
  /** Normalisation in the discriminator (default: none for mlp; for dcgan batch, with wgan-gp layer). */
  readonly discriminatorNorm?: Given<typeof wganGp>["discriminatorNorm"];
  /** Learning rate of the discriminator as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof wganGp>["discriminatorRate"];
  /** Adam beta1; 0.5 is steadier for GANs than the usual 0.9. @default 0.5 */
  readonly beta1?: Given<typeof wganGp>["beta1"];
  /** Standard deviation of Gaussian noise on the discriminator's inputs, real and generated, annealed linearly to 0. @default 0 */
  readonly instanceNoise?: Given<typeof wganGp>["instanceNoise"];
  /** Decay of the generator's exponential moving average (EMA), smaller in the first steps; 0 for none. @default 0.999 */
  readonly ema?: Given<typeof wganGp>["ema"];
  /** Augmentation of the discriminator's inputs: real-only (real items only; leaks into samples), dag (one head per transformation), diffaugment (colour, translation and cutout of real and generated items), ada (--transforms of both, with adaptive probability p). @default "none" */
  readonly augment?: Given<typeof wganGp>["augment"];
  /** Transformations for real-only, dag and ada: some of identity, rotation, flip, fliprot, translation, crop (default: rotation). */
  readonly transforms?: Given<typeof wganGp>["transforms"];
  /** Weight of the extra heads of dag in the discriminator's loss (lambda_u) (default: 0.2). */
  readonly lambdaU?: Given<typeof wganGp>["lambdaU"];
  /** Weight of the extra heads of dag in the generator's loss (lambda_v) (default: 0.2). */
  readonly lambdaV?: Given<typeof wganGp>["lambdaV"];
  /** Weight of the gradient penalty (lambda) (default: 10 for images, 0.1 for points). */
  readonly penalty?: Given<typeof wganGp>["penalty"];
  /** Critic updates per generator update. @default 5 */
  readonly criticSteps?: Given<typeof wganGp>["criticSteps"];
}
