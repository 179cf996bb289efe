// The Worker that `trainInWorker` starts by default: it has only the built-in recipes.
import { serveTraining } from "./serve-training.ts";

serveTraining();
