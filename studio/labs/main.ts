import { mount } from "svelte";
import { z } from "zod";
import App from "../src/site/App.svelte";
import "../src/site/site.css";

// The security policy forbids code that is made at run time, which zod would try.
z.config({ jitless: true });

mount(App, { target: document.getElementById("app")! });
