"""The picture on the sign: a face in a frame. SVG in a square of 48."""

ICON = (
    '<g fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round">'
    '<path d="M3 13V7a4 4 0 0 1 4-4h6M35 3h6a4 4 0 0 1 4 4v6'
    'M45 35v6a4 4 0 0 1-4 4h-6M13 45H7a4 4 0 0 1-4-4v-6"/>'
    '<circle cx="24" cy="24" r="13.5"/><path d="M18 28.5q6 5 12 0M19 20.5v1M29 20.5v1"/></g>'
)
