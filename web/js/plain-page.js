/** Pages that only speak two languages. */

import { startLanguage } from "./i18n.js";

startLanguage();
