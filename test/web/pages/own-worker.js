import { serveTraining } from "zaya/web";
import { affine } from "./own-recipe.js";

serveTraining([affine]);
