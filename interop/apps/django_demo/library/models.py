from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse


class Author(models.Model):
    name = models.CharField(max_length=120, unique=True)
    born = models.SmallIntegerField(null=True, blank=True)
    died = models.SmallIntegerField(null=True, blank=True)
    country = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("author", args=[self.pk])


class Book(models.Model):
    class Genre(models.TextChoices):
        ADVENTURE = "adventure", "Adventure"
        FANTASTIC = "fantastic", "The fantastic"
        NOVEL = "novel", "Novel"
        SCIENCE = "science", "Science"
        DETECTIVE = "detective", "Detective story"

    title = models.CharField(max_length=160)
    slug = models.SlugField(max_length=160, unique=True)
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="books")
    year = models.SmallIntegerField("first published")
    genre = models.CharField(max_length=20, choices=Genre)
    about = models.TextField(blank=True)
    copies = models.PositiveSmallIntegerField(default=1)
    added = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("book", args=[self.slug])


class Review(models.Model):
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="reviews")
    reader = models.CharField("your name", max_length=60)
    stars = models.PositiveSmallIntegerField(
        choices=[(n, "★" * n + "☆" * (5 - n)) for n in (5, 4, 3, 2, 1)],
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
    )
    text = models.TextField("what you think", max_length=1000)
    written = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-written", "-pk"]

    def __str__(self):
        return f"{self.reader} on {self.book}"
