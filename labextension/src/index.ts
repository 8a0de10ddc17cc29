/** The plugins of the extension: what each does stands in its folder. */

import language from './language';
import panel from './panel';
import renderer from './renderer';
import suggestions from './suggestions';

export default [language, panel, renderer, suggestions];
