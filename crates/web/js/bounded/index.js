// Built-ins that can be stopped. Evaluated before all else of the platform, so that the platform itself uses them; what
// they differ in from those of the engine is said in docs/natives.md.
import "./guard.js";
import "./proxies.js";
import "./arrays-iterating.js";
import "./arrays-searching.js";
import "./arrays-moving.js";
import "./arrays-sorting.js";
import "./array-making.js";
import "./typed-arrays.js";
import "./strings.js";
import "./uri.js";
import "./json.js";
import "./objects.js";
import "./intl.js";
import "./promises.js";
