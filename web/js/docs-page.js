/** The API's documentation: Swagger UI on the committed document; no Python runs to read it. */

import { byId, show } from "./dom.js";
import { startLanguage } from "./i18n.js";

startLanguage();

const viewer = globalThis.SwaggerUIBundle;
show(byId("docs-unavailable"), !viewer);
viewer?.({
  url: "/openapi.json",
  domNode: byId("swagger"),
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [viewer.presets.apis],
  layout: "BaseLayout",
  docExpansion: "none",
});
