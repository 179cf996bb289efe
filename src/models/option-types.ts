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

/** Options of `adagan`: mixture of GANs grown by boosting: each new one is trained on what the mixture does not yet make. */
export interface AdaganOptions {
  /** Generators of the mixture. @default 10 */
  readonly components?: Given<typeof adagan>["components"];
  /** Weight of each new component: equal for all in the end (uniform), or a number. @default "uniform" */
  readonly boost?: Given<typeof adagan>["boost"];
  /** What the players make smaller. @default "non-saturating" */
  readonly loss?: Given<typeof adagan>["loss"];
  /** Dimensions of the noise that becomes items; 64, or for points as many as they have up to that. */
  readonly latent?: Given<typeof adagan>["latent"];
  /** Nets of linear layers (mlp) or of convolutions (dcgan); dcgan for images. */
  readonly arch?: Given<typeof adagan>["arch"];
  /** Widths of hidden layers, or channels from the image inwards; 128,128, or 64,128,... down to 4 pixels. */
  readonly hidden?: Given<typeof adagan>["hidden"];
  /** The same for the discriminator, where it is not like the generator. */
  readonly discriminatorHidden?: Given<typeof adagan>["discriminatorHidden"];
  /** Between the generator's layers. @default "relu" */
  readonly activation?: Given<typeof adagan>["activation"];
  /** Between the discriminator's layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof adagan>["discriminatorActivation"];
  /** Of leaky-relu below 0. @default 0.2 */
  readonly slope?: Given<typeof adagan>["slope"];
  /** Biases of the generator's hidden layers at the start, with --arch mlp. @default 0 */
  readonly initialBias?: Given<typeof adagan>["initialBias"];
  /** Normalisation in the discriminator; none for mlp; for dcgan batch, of wgan-gp layer. */
  readonly discriminatorNorm?: Given<typeof adagan>["discriminatorNorm"];
  /** Learning rate of the discriminator, as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof adagan>["discriminatorRate"];
  /** Share of the mean gradient that Adam keeps. @default 0.5 */
  readonly beta1?: Given<typeof adagan>["beta1"];
  /** Deviation of the noise on all that the discriminator sees, real and generated, falling to 0 at the end of the run. @default 0 */
  readonly instanceNoise?: Given<typeof adagan>["instanceNoise"];
  /** Share that the averaged generator keeps at each step, less at first; 0 for no averages. @default 0.999 */
  readonly ema?: Given<typeof adagan>["ema"];
  /** Transformations of what the discriminator sees: none; random ones of real items alone, which the generator then draws, too (real-only); a head of the discriminator for each (dag); random ones of real and generated items alike: colour, translation, cutout (diffaugment), or one of each set of --transforms with a chance that grows while the discriminator is too sure of real items (ada). @default "none" */
  readonly augment?: Given<typeof adagan>["augment"];
  /** Sets of transformations for real-only, dag and ada, with commas between them: some of identity, rotation, flip, fliprot, translation, crop; rotation where not given. */
  readonly transforms?: Given<typeof adagan>["transforms"];
  /** Weight of dag's further heads for the discriminator, all together; 0.2 where not given. */
  readonly lambdaU?: Given<typeof adagan>["lambdaU"];
  /** The same for the generator; 0.2 where not given. */
  readonly lambdaV?: Given<typeof adagan>["lambdaV"];
}

/** Options of `autoencoder`: the nets of the VAE without prior and noise; draws come from a Gaussian fitted to its codes. */
export interface AutoencoderOptions {
  /** What the decoder says of a pixel: bernoulli (binary) or gaussian (real). @default "bernoulli" */
  readonly likelihood?: Given<typeof autoencoder>["likelihood"];
  /** Deviation of the gaussian likelihood: a number, or learned with the weights. */
  readonly sigma?: Given<typeof autoencoder>["sigma"];
  /** Nets of linear layers (mlp), of convolutions (conv), or those of a DCGAN (dcgan). @default "mlp" */
  readonly arch?: Given<typeof autoencoder>["arch"];
  /** Widths of the encoder's hidden layers, reversed in the decoder (channels for conv and dcgan); 400, or 32,64 for conv, or 64,128,... for dcgan. */
  readonly hidden?: Given<typeof autoencoder>["hidden"];
  /** Between hidden layers. @default "relu" */
  readonly activation?: Given<typeof autoencoder>["activation"];
  /** Grey pixels as probabilities of binary ones: none, fixed (one draw for each image) or dynamic (a new draw at each use); dynamic for bernoulli. */
  readonly binarize?: Given<typeof autoencoder>["binarize"];
  /** Dimensions of the code. @default 20 */
  readonly latent?: Given<typeof autoencoder>["latent"];
}

/** Options of `beta-vae`: VAE whose KL is weighted, constrained, or drawn to a rising capacity. */
export interface BetaVaeOptions {
  /** What the decoder says of a pixel: bernoulli (binary) or gaussian (real). @default "bernoulli" */
  readonly likelihood?: Given<typeof betaVae>["likelihood"];
  /** Deviation of the gaussian likelihood: a number, or learned with the weights. */
  readonly sigma?: Given<typeof betaVae>["sigma"];
  /** Nets of linear layers (mlp), of convolutions (conv), or those of a DCGAN (dcgan). @default "mlp" */
  readonly arch?: Given<typeof betaVae>["arch"];
  /** Widths of the encoder's hidden layers, reversed in the decoder (channels for conv and dcgan); 400, or 32,64 for conv, or 64,128,... for dcgan. */
  readonly hidden?: Given<typeof betaVae>["hidden"];
  /** Between hidden layers. @default "relu" */
  readonly activation?: Given<typeof betaVae>["activation"];
  /** Grey pixels as probabilities of binary ones: none, fixed (one draw for each image) or dynamic (a new draw at each use); dynamic for bernoulli. */
  readonly binarize?: Given<typeof betaVae>["binarize"];
  /** Dimensions of the code. @default 20 */
  readonly latent?: Given<typeof betaVae>["latent"];
  /** Weight of the KL; 4 where neither a target nor a capacity is given. */
  readonly beta?: Given<typeof betaVae>["beta"];
  /** Steps over which beta rises from 0 in a straight line. @default 0 */
  readonly betaWarmup?: Given<typeof betaVae>["betaWarmup"];
  /** Hold the KL at most at this many nats: the constraint itself, its multiplier learned. */
  readonly klTarget?: Given<typeof betaVae>["klTarget"];
  /** Step of the multiplier, for each nat by which the KL misses its target. @default 0.005 */
  readonly multiplierRate?: Given<typeof betaVae>["multiplierRate"];
  /** Pull the KL to a capacity that rises to this many nats. */
  readonly capacity?: Given<typeof betaVae>["capacity"];
  /** Steps over which the capacity rises. @default 10000 */
  readonly capacitySteps?: Given<typeof betaVae>["capacitySteps"];
  /** Weight of the distance from the capacity. @default 100 */
  readonly gamma?: Given<typeof betaVae>["gamma"];
}

/** Options of `categorical-vae`: VAE with a code of categorical variables. */
export interface CategoricalVaeOptions {
  /** What the decoder says of a pixel: bernoulli (binary) or gaussian (real). @default "bernoulli" */
  readonly likelihood?: Given<typeof categoricalVae>["likelihood"];
  /** Deviation of the gaussian likelihood: a number, or learned with the weights. */
  readonly sigma?: Given<typeof categoricalVae>["sigma"];
  /** Nets of linear layers (mlp), of convolutions (conv), or those of a DCGAN (dcgan). @default "mlp" */
  readonly arch?: Given<typeof categoricalVae>["arch"];
  /** Widths of the encoder's hidden layers, reversed in the decoder (channels for conv and dcgan); 400, or 32,64 for conv, or 64,128,... for dcgan. */
  readonly hidden?: Given<typeof categoricalVae>["hidden"];
  /** Between hidden layers. @default "relu" */
  readonly activation?: Given<typeof categoricalVae>["activation"];
  /** Grey pixels as probabilities of binary ones: none, fixed (one draw for each image) or dynamic (a new draw at each use); dynamic for bernoulli. */
  readonly binarize?: Given<typeof categoricalVae>["binarize"];
  /** Categorical variables in the code. @default 20 */
  readonly variables?: Given<typeof categoricalVae>["variables"];
  /** Categories of each variable. @default 10 */
  readonly categories?: Given<typeof categoricalVae>["categories"];
  /** How the gradient passes the draw of the code. @default "gumbel-softmax" */
  readonly estimator?: Given<typeof categoricalVae>["estimator"];
  /** Temperature of the relaxation at the start; at 0 a draw would have no gradient. @default 1 */
  readonly temperature?: Given<typeof categoricalVae>["temperature"];
  /** Temperature under which it does not fall; near 0 the gradient's variance explodes. @default 0.5 */
  readonly temperatureFloor?: Given<typeof categoricalVae>["temperatureFloor"];
  /** Rate at which it falls, exp(-rate * step). @default 0.0001 */
  readonly temperatureRate?: Given<typeof categoricalVae>["temperatureRate"];
  /** Steps between two changes of the temperature. @default 500 */
  readonly temperatureInterval?: Given<typeof categoricalVae>["temperatureInterval"];
  /** Of the posterior's categories, or of the relaxed draw by Monte Carlo: a true bound of the relaxed model, which costs codes k^2 / (k + 1) times as much while they are weak and keeps them near 0 for longer. @default "categorical" */
  readonly kl?: Given<typeof categoricalVae>["kl"];
  /** Draws for the score function's leave-one-out baseline. @default 1 */
  readonly mcSamples?: Given<typeof categoricalVae>["mcSamples"];
}

/** Options of `classifier`: tells the class of an item, or how it was turned; its features are what distances between sets of images are measured in. */
export interface ClassifierOptions {
  /** What is told of an item: its class (class), or which of --transforms was done to it (transform). @default "class" */
  readonly task?: Given<typeof classifier>["task"];
  /** With --task transform, sets of transformations with commas between them: some of identity, rotation, flip, fliprot, translation, crop; rotation where not given. */
  readonly transforms?: Given<typeof classifier>["transforms"];
  /** Net of linear layers (mlp) or of convolutions (conv); conv for images, mlp for points. */
  readonly arch?: Given<typeof classifier>["arch"];
  /** Channels of the convolutions, each of which halves height and width, or widths of the layers of mlp; 32,64, or 128 for mlp. */
  readonly hidden?: Given<typeof classifier>["hidden"];
  /** Numbers of an item that its class is read off. @default 128 */
  readonly features?: Given<typeof classifier>["features"];
}

/** Options of `cyclegan`: two generators between two domains of images that nobody has paired, held together by the way back. */
export interface CycleganOptions {
  /** Residual blocks of a generator. @default 6 */
  readonly blocks?: Given<typeof cyclegan>["blocks"];
  /** What the players make smaller. @default "least-squares" */
  readonly loss?: Given<typeof cyclegan>["loss"];
  /** Which ways there and back must end where they began: A to B to A is the forward one. @default "both" */
  readonly cycle?: Given<typeof cyclegan>["cycle"];
  /** Distance between an image and what it comes back as. @default "l1" */
  readonly cycleLoss?: Given<typeof cyclegan>["cycleLoss"];
  /** Weight of the cycles. @default 10 */
  readonly lambda?: Given<typeof cyclegan>["lambda"];
  /** Weight of leaving images alone that are of a generator's own target domain, as a share of lambda; keeps colours where both domains have the same ones. @default 0 */
  readonly identity?: Given<typeof cyclegan>["identity"];
  /** Weight of being taken for real. @default 1 */
  readonly adversarial?: Given<typeof cyclegan>["adversarial"];
  /** Earlier images of each generator from which its discriminator is shown every other one. @default 50 */
  readonly pool?: Given<typeof cyclegan>["pool"];
  /** Channels of a generator's first layer. @default 32 */
  readonly ngf?: Given<typeof cyclegan>["ngf"];
  /** Channels of a discriminator's first layer; as the generator's where not given. */
  readonly ndf?: Given<typeof cyclegan>["ndf"];
  /** Halvings of a discriminator, whose patches see 16, 34, 70, 142 pixels a side; as many as fit, up to 3. */
  readonly discriminatorLayers?: Given<typeof cyclegan>["discriminatorLayers"];
  /** Share of the mean gradient that Adam keeps. @default 0.5 */
  readonly beta1?: Given<typeof cyclegan>["beta1"];
  /** Deviation of the noise on all that the discriminator sees, real and generated, falling to 0 at the end of the run. @default 0 */
  readonly instanceNoise?: Given<typeof cyclegan>["instanceNoise"];
  /** Transformations of what the discriminator sees: none; random ones of real items alone, which the generator then draws, too (real-only); a head of the discriminator for each (dag); random ones of real and generated items alike: colour, translation, cutout (diffaugment), or one of each set of --transforms with a chance that grows while the discriminator is too sure of real items (ada). @default "none" */
  readonly augment?: Given<typeof cyclegan>["augment"];
  /** Sets of transformations for real-only, dag and ada, with commas between them: some of identity, rotation, flip, fliprot, translation, crop; rotation where not given. */
  readonly transforms?: Given<typeof cyclegan>["transforms"];
  /** Weight of dag's further heads for the discriminator, all together; 0.2 where not given. */
  readonly lambdaU?: Given<typeof cyclegan>["lambdaU"];
  /** The same for the generator; 0.2 where not given. */
  readonly lambdaV?: Given<typeof cyclegan>["lambdaV"];
}

/** Options of `gan`: generative adversarial network; with --arch dcgan that of Radford et al.. */
export interface GanOptions {
  /** What the players make smaller. @default "non-saturating" */
  readonly loss?: Given<typeof gan>["loss"];
  /** Dimensions of the noise that becomes items; 64, or for points as many as they have up to that. */
  readonly latent?: Given<typeof gan>["latent"];
  /** Nets of linear layers (mlp) or of convolutions (dcgan); dcgan for images. */
  readonly arch?: Given<typeof gan>["arch"];
  /** Widths of hidden layers, or channels from the image inwards; 128,128, or 64,128,... down to 4 pixels. */
  readonly hidden?: Given<typeof gan>["hidden"];
  /** The same for the discriminator, where it is not like the generator. */
  readonly discriminatorHidden?: Given<typeof gan>["discriminatorHidden"];
  /** Between the generator's layers. @default "relu" */
  readonly activation?: Given<typeof gan>["activation"];
  /** Between the discriminator's layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof gan>["discriminatorActivation"];
  /** Of leaky-relu below 0. @default 0.2 */
  readonly slope?: Given<typeof gan>["slope"];
  /** Biases of the generator's hidden layers at the start, with --arch mlp. @default 0 */
  readonly initialBias?: Given<typeof gan>["initialBias"];
  /** Normalisation in the discriminator; none for mlp; for dcgan batch, of wgan-gp layer. */
  readonly discriminatorNorm?: Given<typeof gan>["discriminatorNorm"];
  /** Learning rate of the discriminator, as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof gan>["discriminatorRate"];
  /** Share of the mean gradient that Adam keeps. @default 0.5 */
  readonly beta1?: Given<typeof gan>["beta1"];
  /** Deviation of the noise on all that the discriminator sees, real and generated, falling to 0 at the end of the run. @default 0 */
  readonly instanceNoise?: Given<typeof gan>["instanceNoise"];
  /** Share that the averaged generator keeps at each step, less at first; 0 for no averages. @default 0.999 */
  readonly ema?: Given<typeof gan>["ema"];
  /** Transformations of what the discriminator sees: none; random ones of real items alone, which the generator then draws, too (real-only); a head of the discriminator for each (dag); random ones of real and generated items alike: colour, translation, cutout (diffaugment), or one of each set of --transforms with a chance that grows while the discriminator is too sure of real items (ada). @default "none" */
  readonly augment?: Given<typeof gan>["augment"];
  /** Sets of transformations for real-only, dag and ada, with commas between them: some of identity, rotation, flip, fliprot, translation, crop; rotation where not given. */
  readonly transforms?: Given<typeof gan>["transforms"];
  /** Weight of dag's further heads for the discriminator, all together; 0.2 where not given. */
  readonly lambdaU?: Given<typeof gan>["lambdaU"];
  /** The same for the generator; 0.2 where not given. */
  readonly lambdaV?: Given<typeof gan>["lambdaV"];
}

/** Options of `iwae`: autoencoder trained on the importance-weighted bound. */
export interface IwaeOptions {
  /** What the decoder says of a pixel: bernoulli (binary) or gaussian (real). @default "bernoulli" */
  readonly likelihood?: Given<typeof iwae>["likelihood"];
  /** Deviation of the gaussian likelihood: a number, or learned with the weights. */
  readonly sigma?: Given<typeof iwae>["sigma"];
  /** Nets of linear layers (mlp), of convolutions (conv), or those of a DCGAN (dcgan). @default "mlp" */
  readonly arch?: Given<typeof iwae>["arch"];
  /** Widths of the encoder's hidden layers, reversed in the decoder (channels for conv and dcgan); 400, or 32,64 for conv, or 64,128,... for dcgan. */
  readonly hidden?: Given<typeof iwae>["hidden"];
  /** Between hidden layers. @default "relu" */
  readonly activation?: Given<typeof iwae>["activation"];
  /** Grey pixels as probabilities of binary ones: none, fixed (one draw for each image) or dynamic (a new draw at each use); dynamic for bernoulli. */
  readonly binarize?: Given<typeof iwae>["binarize"];
  /** Dimensions of the code. @default 20 */
  readonly latent?: Given<typeof iwae>["latent"];
  /** Draws of the code whose weights are averaged inside the bound. @default 5 */
  readonly importanceSamples?: Given<typeof iwae>["importanceSamples"];
}

/** Options of `pacgan`: GAN whose discriminator judges several items at once, all real or all generated. */
export interface PacganOptions {
  /** Items that the discriminator judges together. @default 2 */
  readonly packing?: Given<typeof pacgan>["packing"];
  /** What the players make smaller. @default "non-saturating" */
  readonly loss?: Given<typeof pacgan>["loss"];
  /** Dimensions of the noise that becomes items; 64, or for points as many as they have up to that. */
  readonly latent?: Given<typeof pacgan>["latent"];
  /** Nets of linear layers (mlp) or of convolutions (dcgan); dcgan for images. */
  readonly arch?: Given<typeof pacgan>["arch"];
  /** Widths of hidden layers, or channels from the image inwards; 128,128, or 64,128,... down to 4 pixels. */
  readonly hidden?: Given<typeof pacgan>["hidden"];
  /** The same for the discriminator, where it is not like the generator. */
  readonly discriminatorHidden?: Given<typeof pacgan>["discriminatorHidden"];
  /** Between the generator's layers. @default "relu" */
  readonly activation?: Given<typeof pacgan>["activation"];
  /** Between the discriminator's layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof pacgan>["discriminatorActivation"];
  /** Of leaky-relu below 0. @default 0.2 */
  readonly slope?: Given<typeof pacgan>["slope"];
  /** Biases of the generator's hidden layers at the start, with --arch mlp. @default 0 */
  readonly initialBias?: Given<typeof pacgan>["initialBias"];
  /** Normalisation in the discriminator; none for mlp; for dcgan batch, of wgan-gp layer. */
  readonly discriminatorNorm?: Given<typeof pacgan>["discriminatorNorm"];
  /** Learning rate of the discriminator, as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof pacgan>["discriminatorRate"];
  /** Share of the mean gradient that Adam keeps. @default 0.5 */
  readonly beta1?: Given<typeof pacgan>["beta1"];
  /** Deviation of the noise on all that the discriminator sees, real and generated, falling to 0 at the end of the run. @default 0 */
  readonly instanceNoise?: Given<typeof pacgan>["instanceNoise"];
  /** Share that the averaged generator keeps at each step, less at first; 0 for no averages. @default 0.999 */
  readonly ema?: Given<typeof pacgan>["ema"];
  /** Transformations of what the discriminator sees: none; random ones of real items alone, which the generator then draws, too (real-only); a head of the discriminator for each (dag); random ones of real and generated items alike: colour, translation, cutout (diffaugment), or one of each set of --transforms with a chance that grows while the discriminator is too sure of real items (ada). @default "none" */
  readonly augment?: Given<typeof pacgan>["augment"];
  /** Sets of transformations for real-only, dag and ada, with commas between them: some of identity, rotation, flip, fliprot, translation, crop; rotation where not given. */
  readonly transforms?: Given<typeof pacgan>["transforms"];
  /** Weight of dag's further heads for the discriminator, all together; 0.2 where not given. */
  readonly lambdaU?: Given<typeof pacgan>["lambdaU"];
  /** The same for the generator; 0.2 where not given. */
  readonly lambdaV?: Given<typeof pacgan>["lambdaV"];
}

/** Options of `pix2pix`: generator from images to images, learnt from pairs, and a discriminator that sees both of a pair. */
export interface Pix2pixOptions {
  /** Which image of a pair is given, and which is wanted. @default "AtoB" */
  readonly direction?: Given<typeof pix2pix>["direction"];
  /** Net of the generator. @default "unet" */
  readonly generator?: Given<typeof pix2pix>["generator"];
  /** Residual blocks of the generator, where it is residual; 6 where not given. */
  readonly blocks?: Given<typeof pix2pix>["blocks"];
  /** What the players make smaller. @default "non-saturating" */
  readonly loss?: Given<typeof pix2pix>["loss"];
  /** Weight of the distance to the wanted image. @default 100 */
  readonly lambda?: Given<typeof pix2pix>["lambda"];
  /** Weight of being taken for real. @default 1 */
  readonly adversarial?: Given<typeof pix2pix>["adversarial"];
  /** Channels of a generator's first layer. @default 32 */
  readonly ngf?: Given<typeof pix2pix>["ngf"];
  /** Channels of a discriminator's first layer; as the generator's where not given. */
  readonly ndf?: Given<typeof pix2pix>["ndf"];
  /** Halvings of a discriminator, whose patches see 16, 34, 70, 142 pixels a side; as many as fit, up to 3. */
  readonly discriminatorLayers?: Given<typeof pix2pix>["discriminatorLayers"];
  /** Share of the mean gradient that Adam keeps. @default 0.5 */
  readonly beta1?: Given<typeof pix2pix>["beta1"];
  /** Deviation of the noise on all that the discriminator sees, real and generated, falling to 0 at the end of the run. @default 0 */
  readonly instanceNoise?: Given<typeof pix2pix>["instanceNoise"];
  /** Transformations of what the discriminator sees: none; random ones of real items alone, which the generator then draws, too (real-only); a head of the discriminator for each (dag); random ones of real and generated items alike: colour, translation, cutout (diffaugment), or one of each set of --transforms with a chance that grows while the discriminator is too sure of real items (ada). @default "none" */
  readonly augment?: Given<typeof pix2pix>["augment"];
  /** Sets of transformations for real-only, dag and ada, with commas between them: some of identity, rotation, flip, fliprot, translation, crop; rotation where not given. */
  readonly transforms?: Given<typeof pix2pix>["transforms"];
  /** Weight of dag's further heads for the discriminator, all together; 0.2 where not given. */
  readonly lambdaU?: Given<typeof pix2pix>["lambdaU"];
  /** The same for the generator; 0.2 where not given. */
  readonly lambdaV?: Given<typeof pix2pix>["lambdaV"];
}

/** Options of `unrolled-gan`: GAN whose generator plays against the discriminator as it will be some steps from now. */
export interface UnrolledGanOptions {
  /** Steps of the discriminator that the generator looks ahead. @default 5 */
  readonly unroll?: Given<typeof unrolledGan>["unroll"];
  /** Whether the generator's gradient goes through those steps (on) or only to their end (off). @default "on" */
  readonly secondOrder?: Given<typeof unrolledGan>["secondOrder"];
  /** What the players make smaller. @default "minimax" */
  readonly loss?: Given<typeof unrolledGan>["loss"];
  /** Dimensions of the noise that becomes items; 64, or for points as many as they have up to that. */
  readonly latent?: Given<typeof unrolledGan>["latent"];
  /** Nets of linear layers (mlp) or of convolutions (dcgan); dcgan for images. */
  readonly arch?: Given<typeof unrolledGan>["arch"];
  /** Widths of hidden layers, or channels from the image inwards; 128,128, or 64,128,... down to 4 pixels. */
  readonly hidden?: Given<typeof unrolledGan>["hidden"];
  /** The same for the discriminator, where it is not like the generator. */
  readonly discriminatorHidden?: Given<typeof unrolledGan>["discriminatorHidden"];
  /** Between the generator's layers. @default "relu" */
  readonly activation?: Given<typeof unrolledGan>["activation"];
  /** Between the discriminator's layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof unrolledGan>["discriminatorActivation"];
  /** Of leaky-relu below 0. @default 0.2 */
  readonly slope?: Given<typeof unrolledGan>["slope"];
  /** Biases of the generator's hidden layers at the start, with --arch mlp. @default 0 */
  readonly initialBias?: Given<typeof unrolledGan>["initialBias"];
  /** Normalisation in the discriminator; none for mlp; for dcgan batch, of wgan-gp layer. */
  readonly discriminatorNorm?: Given<typeof unrolledGan>["discriminatorNorm"];
  /** Learning rate of the discriminator, as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof unrolledGan>["discriminatorRate"];
  /** Share of the mean gradient that Adam keeps. @default 0.5 */
  readonly beta1?: Given<typeof unrolledGan>["beta1"];
  /** Deviation of the noise on all that the discriminator sees, real and generated, falling to 0 at the end of the run. @default 0 */
  readonly instanceNoise?: Given<typeof unrolledGan>["instanceNoise"];
  /** Share that the averaged generator keeps at each step, less at first; 0 for no averages. @default 0.999 */
  readonly ema?: Given<typeof unrolledGan>["ema"];
  /** Transformations of what the discriminator sees: none; random ones of real items alone, which the generator then draws, too (real-only); a head of the discriminator for each (dag); random ones of real and generated items alike: colour, translation, cutout (diffaugment), or one of each set of --transforms with a chance that grows while the discriminator is too sure of real items (ada). @default "none" */
  readonly augment?: Given<typeof unrolledGan>["augment"];
  /** Sets of transformations for real-only, dag and ada, with commas between them: some of identity, rotation, flip, fliprot, translation, crop; rotation where not given. */
  readonly transforms?: Given<typeof unrolledGan>["transforms"];
  /** Weight of dag's further heads for the discriminator, all together; 0.2 where not given. */
  readonly lambdaU?: Given<typeof unrolledGan>["lambdaU"];
  /** The same for the generator; 0.2 where not given. */
  readonly lambdaV?: Given<typeof unrolledGan>["lambdaV"];
}

/** Options of `vae`: variational autoencoder with a normal posterior and prior. */
export interface VaeOptions {
  /** What the decoder says of a pixel: bernoulli (binary) or gaussian (real). @default "bernoulli" */
  readonly likelihood?: Given<typeof vae>["likelihood"];
  /** Deviation of the gaussian likelihood: a number, or learned with the weights. */
  readonly sigma?: Given<typeof vae>["sigma"];
  /** Nets of linear layers (mlp), of convolutions (conv), or those of a DCGAN (dcgan). @default "mlp" */
  readonly arch?: Given<typeof vae>["arch"];
  /** Widths of the encoder's hidden layers, reversed in the decoder (channels for conv and dcgan); 400, or 32,64 for conv, or 64,128,... for dcgan. */
  readonly hidden?: Given<typeof vae>["hidden"];
  /** Between hidden layers. @default "relu" */
  readonly activation?: Given<typeof vae>["activation"];
  /** Grey pixels as probabilities of binary ones: none, fixed (one draw for each image) or dynamic (a new draw at each use); dynamic for bernoulli. */
  readonly binarize?: Given<typeof vae>["binarize"];
  /** Dimensions of the code. @default 20 */
  readonly latent?: Given<typeof vae>["latent"];
  /** How the gradient passes the draw of the code: through it (pathwise) or by its score; gumbel-softmax and straight-through are for the codes of categorical-vae. @default "pathwise" */
  readonly estimator?: Given<typeof vae>["estimator"];
  /** What the score function takes off the cost: nothing, its running mean, or the other draws'. */
  readonly baseline?: Given<typeof vae>["baseline"];
  /** Draws of the code for each item and step. @default 1 */
  readonly mcSamples?: Given<typeof vae>["mcSamples"];
}

/** Options of `veegan`: GAN with a reconstructor that turns items back into noise; its discriminator judges pairs of both. */
export interface VeeganOptions {
  /** Dimensions of the noise that becomes items; 64, or for points as many as they have up to that. */
  readonly latent?: Given<typeof veegan>["latent"];
  /** Nets of linear layers (mlp) or of convolutions (dcgan); dcgan for images. */
  readonly arch?: Given<typeof veegan>["arch"];
  /** Widths of hidden layers, or channels from the image inwards; 128,128, or 64,128,... down to 4 pixels. */
  readonly hidden?: Given<typeof veegan>["hidden"];
  /** The same for the discriminator, where it is not like the generator. */
  readonly discriminatorHidden?: Given<typeof veegan>["discriminatorHidden"];
  /** Between the generator's layers. @default "relu" */
  readonly activation?: Given<typeof veegan>["activation"];
  /** Between the discriminator's layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof veegan>["discriminatorActivation"];
  /** Of leaky-relu below 0. @default 0.2 */
  readonly slope?: Given<typeof veegan>["slope"];
  /** Biases of the generator's hidden layers at the start, with --arch mlp. @default 0 */
  readonly initialBias?: Given<typeof veegan>["initialBias"];
  /** Normalisation in the discriminator; none for mlp; for dcgan batch, of wgan-gp layer. */
  readonly discriminatorNorm?: Given<typeof veegan>["discriminatorNorm"];
  /** Learning rate of the discriminator, as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof veegan>["discriminatorRate"];
  /** Share of the mean gradient that Adam keeps. @default 0.5 */
  readonly beta1?: Given<typeof veegan>["beta1"];
  /** Deviation of the noise on all that the discriminator sees, real and generated, falling to 0 at the end of the run. @default 0 */
  readonly instanceNoise?: Given<typeof veegan>["instanceNoise"];
  /** Share that the averaged generator keeps at each step, less at first; 0 for no averages. @default 0.999 */
  readonly ema?: Given<typeof veegan>["ema"];
  /** Transformations of what the discriminator sees: none; random ones of real items alone, which the generator then draws, too (real-only); a head of the discriminator for each (dag); random ones of real and generated items alike: colour, translation, cutout (diffaugment), or one of each set of --transforms with a chance that grows while the discriminator is too sure of real items (ada). @default "none" */
  readonly augment?: Given<typeof veegan>["augment"];
  /** Sets of transformations for real-only, dag and ada, with commas between them: some of identity, rotation, flip, fliprot, translation, crop; rotation where not given. */
  readonly transforms?: Given<typeof veegan>["transforms"];
  /** Weight of dag's further heads for the discriminator, all together; 0.2 where not given. */
  readonly lambdaU?: Given<typeof veegan>["lambdaU"];
  /** The same for the generator; 0.2 where not given. */
  readonly lambdaV?: Given<typeof veegan>["lambdaV"];
}

/** Options of `wgan`: Wasserstein GAN: a critic with clipped weights, trained further than the generator. */
export interface WganOptions {
  /** Dimensions of the noise that becomes items; 64, or for points as many as they have up to that. */
  readonly latent?: Given<typeof wgan>["latent"];
  /** Nets of linear layers (mlp) or of convolutions (dcgan); dcgan for images. */
  readonly arch?: Given<typeof wgan>["arch"];
  /** Widths of hidden layers, or channels from the image inwards; 128,128, or 64,128,... down to 4 pixels. */
  readonly hidden?: Given<typeof wgan>["hidden"];
  /** The same for the discriminator, where it is not like the generator. */
  readonly discriminatorHidden?: Given<typeof wgan>["discriminatorHidden"];
  /** Between the generator's layers. @default "relu" */
  readonly activation?: Given<typeof wgan>["activation"];
  /** Between the discriminator's layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof wgan>["discriminatorActivation"];
  /** Of leaky-relu below 0. @default 0.2 */
  readonly slope?: Given<typeof wgan>["slope"];
  /** Biases of the generator's hidden layers at the start, with --arch mlp. @default 0 */
  readonly initialBias?: Given<typeof wgan>["initialBias"];
  /** Normalisation in the discriminator; none for mlp; for dcgan batch, of wgan-gp layer. */
  readonly discriminatorNorm?: Given<typeof wgan>["discriminatorNorm"];
  /** Learning rate of the discriminator, as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof wgan>["discriminatorRate"];
  /** Deviation of the noise on all that the discriminator sees, real and generated, falling to 0 at the end of the run. @default 0 */
  readonly instanceNoise?: Given<typeof wgan>["instanceNoise"];
  /** Share that the averaged generator keeps at each step, less at first; 0 for no averages. @default 0.999 */
  readonly ema?: Given<typeof wgan>["ema"];
  /** Transformations of what the discriminator sees: none; random ones of real items alone, which the generator then draws, too (real-only); a head of the discriminator for each (dag); random ones of real and generated items alike: colour, translation, cutout (diffaugment), or one of each set of --transforms with a chance that grows while the discriminator is too sure of real items (ada). @default "none" */
  readonly augment?: Given<typeof wgan>["augment"];
  /** Sets of transformations for real-only, dag and ada, with commas between them: some of identity, rotation, flip, fliprot, translation, crop; rotation where not given. */
  readonly transforms?: Given<typeof wgan>["transforms"];
  /** Weight of dag's further heads for the discriminator, all together; 0.2 where not given. */
  readonly lambdaU?: Given<typeof wgan>["lambdaU"];
  /** The same for the generator; 0.2 where not given. */
  readonly lambdaV?: Given<typeof wgan>["lambdaV"];
  /** Largest parameter of the critic, which sets the scale of the distance; 0.01 for images, 0.1 for points. */
  readonly clip?: Given<typeof wgan>["clip"];
  /** Steps of the critic for one of the generator. @default 5 */
  readonly criticSteps?: Given<typeof wgan>["criticSteps"];
  /** Steps of the critic in each of the first 25 steps, and in every 500th. @default 100 */
  readonly criticWarmup?: Given<typeof wgan>["criticWarmup"];
}

/** Options of `wgan-gp`: Wasserstein GAN whose critic's slope is held near 1 by a penalty. */
export interface WganGpOptions {
  /** Dimensions of the noise that becomes items; 64, or for points as many as they have up to that. */
  readonly latent?: Given<typeof wganGp>["latent"];
  /** Nets of linear layers (mlp) or of convolutions (dcgan); dcgan for images. */
  readonly arch?: Given<typeof wganGp>["arch"];
  /** Widths of hidden layers, or channels from the image inwards; 128,128, or 64,128,... down to 4 pixels. */
  readonly hidden?: Given<typeof wganGp>["hidden"];
  /** The same for the discriminator, where it is not like the generator. */
  readonly discriminatorHidden?: Given<typeof wganGp>["discriminatorHidden"];
  /** Between the generator's layers. @default "relu" */
  readonly activation?: Given<typeof wganGp>["activation"];
  /** Between the discriminator's layers. @default "leaky-relu" */
  readonly discriminatorActivation?: Given<typeof wganGp>["discriminatorActivation"];
  /** Of leaky-relu below 0. @default 0.2 */
  readonly slope?: Given<typeof wganGp>["slope"];
  /** Biases of the generator's hidden layers at the start, with --arch mlp. @default 0 */
  readonly initialBias?: Given<typeof wganGp>["initialBias"];
  /** Normalisation in the discriminator; none for mlp; for dcgan batch, of wgan-gp layer. */
  readonly discriminatorNorm?: Given<typeof wganGp>["discriminatorNorm"];
  /** Learning rate of the discriminator, as a multiple of the generator's. @default 1 */
  readonly discriminatorRate?: Given<typeof wganGp>["discriminatorRate"];
  /** Share of the mean gradient that Adam keeps. @default 0.5 */
  readonly beta1?: Given<typeof wganGp>["beta1"];
  /** Deviation of the noise on all that the discriminator sees, real and generated, falling to 0 at the end of the run. @default 0 */
  readonly instanceNoise?: Given<typeof wganGp>["instanceNoise"];
  /** Share that the averaged generator keeps at each step, less at first; 0 for no averages. @default 0.999 */
  readonly ema?: Given<typeof wganGp>["ema"];
  /** Transformations of what the discriminator sees: none; random ones of real items alone, which the generator then draws, too (real-only); a head of the discriminator for each (dag); random ones of real and generated items alike: colour, translation, cutout (diffaugment), or one of each set of --transforms with a chance that grows while the discriminator is too sure of real items (ada). @default "none" */
  readonly augment?: Given<typeof wganGp>["augment"];
  /** Sets of transformations for real-only, dag and ada, with commas between them: some of identity, rotation, flip, fliprot, translation, crop; rotation where not given. */
  readonly transforms?: Given<typeof wganGp>["transforms"];
  /** Weight of dag's further heads for the discriminator, all together; 0.2 where not given. */
  readonly lambdaU?: Given<typeof wganGp>["lambdaU"];
  /** The same for the generator; 0.2 where not given. */
  readonly lambdaV?: Given<typeof wganGp>["lambdaV"];
  /** Weight of the gradient penalty; 10 for images, 0.1 for points. */
  readonly penalty?: Given<typeof wganGp>["penalty"];
  /** Steps of the critic for one of the generator. @default 5 */
  readonly criticSteps?: Given<typeof wganGp>["criticSteps"];
}
