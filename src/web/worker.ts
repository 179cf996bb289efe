// The Worker that `trainInWorker` starts: built-in recipes alone.
import { serveTraining } from "./serve-training.ts";

serveTraining();
