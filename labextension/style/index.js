/** The looks of all plugins, put into the page; colours come from JupyterLab's theme. */

import language from './language.raw.css';
import panel from './panel.raw.css';
import renderer from './renderer.raw.css';
import suggestions from './suggestions.raw.css';

const style = document.createElement('style');
style.textContent = [language, panel, renderer, suggestions].join('\n');
document.head.append(style);
